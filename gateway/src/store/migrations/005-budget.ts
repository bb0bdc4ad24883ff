/** Days on which the owner lifted the caps. */
export const BUDGET_SCHEMA = `
  CREATE TABLE budget_lifts (
    day       INTEGER PRIMARY KEY,        -- when the day began
    lifted_at INTEGER NOT NULL
  ) STRICT;
`;
