/**
 * Sessions of the agent that no conversation uses any more and that are still to be deleted there. Triggers note them, in
 * the transaction that leaves them, whatever it was that did.
 */
export const AGENT_SESSIONS_SCHEMA = `
  CREATE TABLE left_agent_sessions (
    id TEXT PRIMARY KEY                  -- as the agent names it
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE agent_sweeps (
    at INTEGER NOT NULL                  -- when the agent was last asked for sessions that nobody knows
  ) STRICT;

  CREATE INDEX sessions_agent ON sessions (agent_session) WHERE agent_session IS NOT NULL;

  CREATE TRIGGER agent_session_left AFTER UPDATE OF agent_session ON sessions
  WHEN old.agent_session IS NOT NULL AND old.agent_session IS NOT new.agent_session BEGIN
    INSERT OR IGNORE INTO left_agent_sessions (id) VALUES (old.agent_session);
  END;

  CREATE TRIGGER agent_session_gone AFTER DELETE ON sessions WHEN old.agent_session IS NOT NULL BEGIN
    INSERT OR IGNORE INTO left_agent_sessions (id) VALUES (old.agent_session);
  END;
`;
