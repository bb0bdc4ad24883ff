/** Groups that are closed to Moby, in which somebody spoke to him: so that the owner finds the key of the one to open. */
export const CLOSED_GROUPS_SCHEMA = `
  CREATE TABLE closed_groups (
    channel  TEXT PRIMARY KEY,
    title    TEXT NOT NULL,
    asked_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
