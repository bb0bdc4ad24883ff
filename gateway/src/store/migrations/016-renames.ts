/** Chats and people that go on under another key, so that whoever still uses the one before means the same. */
export const RENAMES_SCHEMA = `
  CREATE TABLE renamed_chats (
    channel    TEXT PRIMARY KEY,         -- as it was called; of a person: platform:user
    current    TEXT NOT NULL,
    renamed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
