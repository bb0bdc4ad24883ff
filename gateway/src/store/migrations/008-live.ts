/** The send of a message that shows an answer in the making, so that it can be repeated as the same after a crash. */
export const LIVE_SCHEMA = `
  ALTER TABLE live_messages ADD COLUMN nonce TEXT;        -- NULL: of a version before, or not to be repeated any more
  ALTER TABLE live_messages ADD COLUMN begun_at INTEGER;
`;
