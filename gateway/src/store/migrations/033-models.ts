/** A conversation, or a single message, can be answered by another model than the one in soul.yaml. */
export const MODELS_SCHEMA = `
  ALTER TABLE sessions ADD COLUMN model TEXT;        -- as soul.yaml calls it; NULL: its agent's own
  ALTER TABLE sessions ADD COLUMN model_named INTEGER NOT NULL DEFAULT 0; -- agent_session was told a model; some engines keep it
  ALTER TABLE turns ADD COLUMN model_wanted TEXT;    -- for this message alone
`;
