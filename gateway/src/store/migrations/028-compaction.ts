/**
 * How full each conversation's agent session is; and how conversations are made shorter: what is under way, and the summaries
 * that stand in the place of what was said.
 */
export const COMPACTION_SCHEMA = `
  ALTER TABLE sessions ADD COLUMN context_tokens INTEGER; -- what the model read and wrote in its last call
  ALTER TABLE sessions ADD COLUMN context_limit INTEGER;  -- how much it can, as the engine or soul.yaml says; NULL: neither does
  ALTER TABLE sessions ADD COLUMN context_source TEXT;    -- of these, reported or named
  ALTER TABLE sessions ADD COLUMN context_model TEXT;     -- provider/model
  ALTER TABLE sessions ADD COLUMN context_base INTEGER;   -- tokens that a new agent session begins with: instructions and tools
  ALTER TABLE sessions ADD COLUMN restricted INTEGER NOT NULL DEFAULT 0;   -- its agent session may use memory tools alone
  ALTER TABLE sessions ADD COLUMN summary_told INTEGER NOT NULL DEFAULT 0; -- summaries.id that its agent session was told

  -- What models refused, or read less of than was sent: their window is no larger than this.
  CREATE TABLE learned_windows (
    model  TEXT PRIMARY KEY,               -- provider/model
    tokens INTEGER NOT NULL,
    at     INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE compactions (
    id            INTEGER PRIMARY KEY,
    session       TEXT NOT NULL,
    why           TEXT NOT NULL,           -- full, overflow, asked, new, idle, daily, outgrown, torn, gone, engine
    state         TEXT NOT NULL,           -- due, flushed, summarised, done, failed
    wish          TEXT,                    -- what the person wants kept
    agent_session TEXT,                    -- that held it all; NULL: it is gone, or cannot be gone on with
    agent         TEXT,                    -- of soul.yaml, that it is bound to; NULL: root
    after_id      INTEGER NOT NULL,        -- messages in (after_id, upto] leave the model's sight
    upto          INTEGER NOT NULL,
    summarises    INTEGER NOT NULL,        -- 0: nothing takes their place
    flush         TEXT,                    -- written, nothing, failed
    written       INTEGER NOT NULL DEFAULT 0,
    flushed_upto  INTEGER NOT NULL DEFAULT 0, -- messages that a flush of the raw exchanges has read
    summary       TEXT,                    -- made, before it is in force
    reason        TEXT,                    -- why it failed last
    tries         INTEGER NOT NULL DEFAULT 0,
    due_at        INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    ended_at      INTEGER
  ) STRICT;
  CREATE INDEX compactions_open ON compactions (due_at) WHERE ended_at IS NULL;
  CREATE INDEX compactions_session ON compactions (session, id);

  CREATE TABLE summaries (
    id      INTEGER PRIMARY KEY,
    session TEXT NOT NULL UNIQUE,
    upto    INTEGER NOT NULL,              -- the last message that it tells of
    text    TEXT NOT NULL,
    at      INTEGER NOT NULL
  ) STRICT;
`;
