/** What was written to a cache costs more than other input; without it a price that is learned later would be too low. */
export const CACHE_WRITES_SCHEMA = `
  ALTER TABLE turns ADD COLUMN cache_write_tokens INTEGER; -- part of input_tokens
`;
