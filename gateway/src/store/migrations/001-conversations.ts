/** Conversations, turns, their events and messages, tokens. Times are milliseconds since the epoch. */
export const CONVERSATIONS_SCHEMA = `
CREATE TABLE sessions (
  key            TEXT PRIMARY KEY,
  agent_session  TEXT,              -- id at the agent; NULL: the next turn creates one
  torn           INTEGER NOT NULL DEFAULT 0, -- cut inside a tool call: the next turn takes a new agent session
  seed_from      INTEGER NOT NULL DEFAULT 0, -- messages after this id are carried into a new agent session
  queue_mode     TEXT,
  created_at     INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE turns (
  seq           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  session       TEXT NOT NULL,
  source        TEXT NOT NULL,
  sender        TEXT NOT NULL,
  prompt        TEXT NOT NULL,
  attachments   TEXT,               -- JSON
  queue_mode    TEXT,
  state         TEXT NOT NULL,
  attempt       INTEGER NOT NULL DEFAULT 0,
  lease         TEXT,               -- the gateway process that runs it
  created_at    INTEGER NOT NULL,
  started_at    INTEGER,
  finished_at   INTEGER,
  answer        TEXT,
  error_code    TEXT,
  error_message TEXT,
  retryable     INTEGER,
  model         TEXT,
  input_tokens  INTEGER,
  output_tokens INTEGER,
  cached_tokens INTEGER,
  cost_usd      REAL,               -- NULL: unknown, which is not free
  merged_into   TEXT
) STRICT;
CREATE INDEX turns_open ON turns (session, seq) WHERE state IN ('queued', 'running');
CREATE INDEX turns_finished ON turns (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX turns_merged ON turns (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE inbox (
  key         TEXT PRIMARY KEY,     -- adapter, account, chat and message id
  turn        TEXT NOT NULL,
  body_hash   TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_age ON inbox (received_at);

CREATE TABLE events (
  turn INTEGER NOT NULL,            -- turns.seq
  id   INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,               -- JSON
  PRIMARY KEY (turn, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  id         INTEGER PRIMARY KEY,
  session    TEXT NOT NULL,
  turn       TEXT NOT NULL,
  role       TEXT NOT NULL,
  text       TEXT NOT NULL,
  incomplete INTEGER NOT NULL DEFAULT 0,
  at         INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_session ON messages (session, id);
CREATE VIRTUAL TABLE messages_fts USING fts5 (
  text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER messages_indexed AFTER INSERT ON messages WHEN new.role <> 'marker' BEGIN
  INSERT INTO messages_fts (rowid, text) VALUES (new.id, new.text);
END;

CREATE TABLE tokens (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  scope        TEXT NOT NULL,
  hash         TEXT NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
`;
