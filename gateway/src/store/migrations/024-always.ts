/** Rules that an answer is still to write into soul.yaml, and turns whose sender does not wait for an answer. */
export const ALWAYS_SCHEMA = `
  -- 1: "always" was answered, and the memory server has not said yet what became of the rule in the question's details.
  ALTER TABLE questions ADD COLUMN rule_due INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX questions_rule_due ON questions (settled_at) WHERE rule_due = 1;

  ALTER TABLE turns ADD COLUMN no_ask INTEGER NOT NULL DEFAULT 0;
`;
