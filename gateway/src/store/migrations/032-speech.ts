/** Answers that are also spoken. */
export const SPEECH_SCHEMA = `
ALTER TABLE sessions ADD COLUMN voice TEXT;                     -- on, off or auto; null: as the settings say
ALTER TABLE turns ADD COLUMN spoken INTEGER NOT NULL DEFAULT 0; -- it was asked by a voice message
CREATE TABLE spoken_answers (
  turn TEXT PRIMARY KEY,
  delivery TEXT NOT NULL,        -- id of the voice note in the outbox, known before there is one
  channel TEXT NOT NULL,
  reply_to TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
`;
