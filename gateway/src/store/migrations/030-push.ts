/** Browsers that are told what comes while no tab is in front. They end with their login. */
export const PUSH_SCHEMA = `
CREATE TABLE push_subscriptions (
  id TEXT PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,    -- of the browser
  endpoint TEXT NOT NULL UNIQUE, -- address at the browser's push service; whoever has it can send, so no list shows it
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  content INTEGER NOT NULL,      -- whether what was said goes along
  created_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER push_of_login AFTER DELETE ON tokens BEGIN
  DELETE FROM push_subscriptions WHERE login = OLD.id;
END;
`;
