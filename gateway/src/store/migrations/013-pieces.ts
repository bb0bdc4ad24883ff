/** Tables of messages that are more than one piece, and of threads whose key does not name their group. */
export const PIECES_SCHEMA = `
  CREATE TABLE turn_pieces (
    turn   TEXT NOT NULL,                 -- turns.id
    number INTEGER NOT NULL,
    key    TEXT NOT NULL,                 -- of the message at the doorstep; empty for words that nobody can change
    before TEXT NOT NULL,                 -- what stands between it and the piece before
    text   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (turn, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX turn_pieces_key ON turn_pieces (key);
  CREATE INDEX turn_pieces_age ON turn_pieces (at);

  CREATE TABLE threads (
    channel TEXT PRIMARY KEY,
    parent  TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
