/** The messages that show questions to the owner. */
export const QUESTION_MESSAGES_SCHEMA = `
  ALTER TABLE deliveries ADD COLUMN question TEXT;   -- that it asks, or whose outcome it shows
  ALTER TABLE deliveries ADD COLUMN button_key TEXT; -- what the buttons of the question are signed with
  CREATE INDEX deliveries_question ON deliveries (question) WHERE question IS NOT NULL;
`;
