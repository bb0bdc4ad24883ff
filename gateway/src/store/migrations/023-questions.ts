/** Questions to the owner, and each time an answer was told to the agent. */
export const QUESTIONS_SCHEMA = `
  CREATE TABLE questions (
    id         TEXT PRIMARY KEY,
    changed    INTEGER NOT NULL,          -- number of its last change, over all questions; grows with each
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,             -- open, answered, expired, withdrawn
    turn       TEXT NOT NULL,
    session    TEXT NOT NULL,
    asker      TEXT NOT NULL,             -- owner, guest, webhook
    source     TEXT NOT NULL,
    attempt    INTEGER NOT NULL,          -- the attempt that asked it last
    calls      TEXT NOT NULL,             -- JSON: the agent's ids of the tool call, of all attempts
    subject    TEXT NOT NULL,             -- hash of what it is about: the same again is the same question
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    details    TEXT NOT NULL,             -- JSON
    options    TEXT NOT NULL,             -- JSON
    input      TEXT,                      -- JSON
    fallback   TEXT NOT NULL,
    asked_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    chat       TEXT,
    answer     TEXT,                      -- JSON
    settled_at INTEGER,
    outcome    TEXT
  ) STRICT;
  CREATE INDEX questions_open ON questions (expires_at) WHERE state = 'open';
  CREATE INDEX questions_of_turn ON questions (turn);
  CREATE INDEX questions_changed ON questions (changed);
  CREATE INDEX questions_settled ON questions (settled_at) WHERE settled_at IS NOT NULL;

  -- An answer that was told: from then on what it allows may have happened. Written before the agent is told.
  CREATE TABLE question_uses (
    question TEXT NOT NULL,
    turn     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    subject  TEXT NOT NULL,               -- of the call that it was used for
    used_at  INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX question_uses_of_turn ON question_uses (turn);

  -- Attempts that were cut while they waited for a person; they do not count against the three that a turn has.
  ALTER TABLE turns ADD COLUMN excused INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE turns ADD COLUMN excused_attempt INTEGER NOT NULL DEFAULT 0; -- the last of them
`;
