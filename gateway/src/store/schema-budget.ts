/** Days on which the owner lifted the caps. */
export const BUDGET_SCHEMA = `
  CREATE TABLE budget_lifts (
    day       INTEGER PRIMARY KEY,        -- when the day began
    lifted_at INTEGER NOT NULL
  ) STRICT;
`;

/** What was written to a cache costs more than other input; without it a price that is learned later would be too low. */
export const CACHE_WRITES_SCHEMA = `
  ALTER TABLE turns ADD COLUMN cache_write_tokens INTEGER; -- part of input_tokens
`;

/** Word to the owner about caps: each key once. */
export const BUDGET_NOTICES_SCHEMA = `
  CREATE TABLE budget_notices (
    key      TEXT PRIMARY KEY,            -- period, its start, and which share of the cap
    text     TEXT,                        -- not handed over yet; NULL: it was, or need not be
    noted_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
