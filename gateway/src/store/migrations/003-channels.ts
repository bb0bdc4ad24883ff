/** Tables of messaging: what came in, who may talk, what goes out. Times are milliseconds since the epoch. */
export const CHANNELS_SCHEMA = `
  ALTER TABLE turns ADD COLUMN deliver_channel TEXT;  -- where the answer goes; NULL: whoever asked reads it
  ALTER TABLE turns ADD COLUMN deliver_reply_to TEXT; -- message it answers
  ALTER TABLE turns ADD COLUMN notes TEXT;            -- JSON, lines for the model about this message
  CREATE INDEX turns_delivered ON turns (seq) WHERE deliver_channel IS NOT NULL AND state IN ('queued', 'running');

  CREATE TABLE arrivals (
    seq         INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,     -- adapter, account, chat and message id
    channel     TEXT NOT NULL,
    event       TEXT,                     -- JSON; NULL once worked on, and always for a stranger's
    received_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX arrivals_open ON arrivals (seq) WHERE event IS NOT NULL;
  CREATE INDEX arrivals_age ON arrivals (received_at);

  CREATE TABLE people (
    platform     TEXT NOT NULL,
    user         TEXT NOT NULL,
    name         TEXT NOT NULL,
    role         TEXT,                    -- owner or guest, as approved; NULL: known by the settings alone
    channel      TEXT NOT NULL,           -- their direct messages
    approved_at  INTEGER,
    last_seen_at INTEGER NOT NULL,
    PRIMARY KEY (platform, user)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pairings (
    code       TEXT PRIMARY KEY,
    platform   TEXT NOT NULL,
    user       TEXT NOT NULL,
    name       TEXT NOT NULL,
    channel    TEXT NOT NULL,
    rejected   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE allowed_groups (
    channel    TEXT PRIMARY KEY,
    mention    INTEGER NOT NULL,          -- only messages that mention or answer Moby
    allowed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE channel_memory (
    platform TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (platform, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE deliveries (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    channel    TEXT NOT NULL,
    reply_to   TEXT,
    turn       TEXT,                      -- whose answer it is; NULL: pushed
    kind       TEXT NOT NULL,             -- answer, message, notice
    text       TEXT NOT NULL,             -- Markdown
    files      TEXT,                      -- JSON of attachments
    state      TEXT NOT NULL,             -- new: not split into parts yet; open; done
    created_at INTEGER NOT NULL,
    done_at    INTEGER
  ) STRICT;
  CREATE INDEX deliveries_open ON deliveries (channel, seq) WHERE state <> 'done';
  CREATE INDEX deliveries_done ON deliveries (done_at) WHERE state = 'done';

  CREATE TABLE delivery_parts (
    delivery   INTEGER NOT NULL REFERENCES deliveries (seq) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    action     TEXT NOT NULL,             -- send, edit, remove, file
    part       TEXT NOT NULL,             -- JSON
    message    TEXT,                      -- id at the platform: to edit, or under which it was sent
    nonce      TEXT NOT NULL,
    state      TEXT NOT NULL,             -- pending, sending, sent, failed, unknown
    plain      INTEGER NOT NULL DEFAULT 0,-- the platform refused its formatting
    tries      INTEGER NOT NULL DEFAULT 0,
    tried_at   INTEGER,                   -- first
    due_at     INTEGER NOT NULL,
    error      TEXT,
    PRIMARY KEY (delivery, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX delivery_parts_trouble ON delivery_parts (state) WHERE state IN ('failed', 'unknown');

  CREATE TABLE live_messages (
    turn    TEXT NOT NULL,
    number  INTEGER NOT NULL,
    channel TEXT NOT NULL,
    message TEXT,                         -- NULL: was being sent, it is not known whether it arrived
    shown   TEXT NOT NULL,                -- hash of the part that it shows
    PRIMARY KEY (turn, number)
  ) STRICT, WITHOUT ROWID;
`;
