/** Texts of turns that stand in the history are kept there alone; files that were attached are let go; turns have ages. */
export const AGES_SCHEMA = `
  ALTER TABLE turns ADD COLUMN prompt_in INTEGER; -- messages.id that has the prompt; then it is empty here
  ALTER TABLE turns ADD COLUMN answer_in INTEGER; -- the same of the answer

  CREATE TABLE kept_once (
    upto INTEGER NOT NULL                         -- messages that this was done for
  ) STRICT;
  INSERT INTO kept_once VALUES (0);
`;
