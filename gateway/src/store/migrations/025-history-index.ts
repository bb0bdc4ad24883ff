/** History is searched by an index of its own (`store/history-index.ts`), which can be made again: no text is kept twice here. */
export const HISTORY_INDEX_SCHEMA = `
  DROP TRIGGER messages_indexed;
  DROP TABLE messages_fts;
`;
