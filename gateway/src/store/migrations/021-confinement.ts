/** Whose text a turn is, where it is not a person's, and which agent of soul.yaml carries a conversation. */
export const CONFINEMENT_SCHEMA = `
  ALTER TABLE turns ADD COLUMN confined INTEGER NOT NULL DEFAULT 0; -- begun by a webhook that was not added as trusted
  UPDATE turns SET confined = 1 WHERE source = 'webhook' AND state IN ('queued', 'running');
  ALTER TABLE hooks ADD COLUMN trusted INTEGER; -- NULL: from before there was the choice; confined, and the owner is not told yet
  ALTER TABLE sessions ADD COLUMN agent TEXT;   -- that agent_session is bound to; NULL: root
`;
