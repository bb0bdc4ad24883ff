/** Word to the owner about caps: each key once. */
export const BUDGET_NOTICES_SCHEMA = `
  CREATE TABLE budget_notices (
    key      TEXT PRIMARY KEY,            -- period, its start, and which share of the cap
    text     TEXT,                        -- not handed over yet; NULL: it was, or need not be
    noted_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
