/** What the page brings: browsers that were let in, and what the owner calls a conversation. */
export const PAGE_SCHEMA = `
ALTER TABLE tokens ADD COLUMN expires_at INTEGER; -- of a browser's login; NULL: a token
ALTER TABLE sessions ADD COLUMN title TEXT;
`;
