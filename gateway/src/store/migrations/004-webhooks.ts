/** Webhooks: who may call, how they prove it, and what has been received. */
export const WEBHOOKS_SCHEMA = `
  CREATE TABLE hooks (
    name        TEXT PRIMARY KEY,
    proof       TEXT NOT NULL,        -- github, standard or bearer
    secret      TEXT,                 -- in clear: an HMAC cannot be checked against a hash of its key; NULL: a token
    template    TEXT NOT NULL,
    channel     TEXT,                 -- where the answer goes, besides the history
    created_at  INTEGER NOT NULL,
    received_at INTEGER               -- the last accepted delivery
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE hook_deliveries (
    hook        TEXT NOT NULL,
    delivery    TEXT NOT NULL,        -- what the proof covers; kept for good, so that a replay never runs again
    turn        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (hook, delivery)
  ) STRICT, WITHOUT ROWID;
`;
