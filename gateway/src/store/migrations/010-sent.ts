/** What Moby sent by himself, in the history of the conversation it landed in. */
export const SENT_SCHEMA = `
  ALTER TABLE messages ADD COLUMN sent_by TEXT;  -- what made him send it, for people; NULL: said in a turn
  CREATE INDEX messages_sent ON messages (session, id) WHERE sent_by IS NOT NULL;
  ALTER TABLE sessions ADD COLUMN told_upto INTEGER NOT NULL DEFAULT 0; -- messages that the agent's session was told of
`;
