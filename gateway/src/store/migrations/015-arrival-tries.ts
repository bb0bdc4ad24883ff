/** How often an arrival was begun with, so that one that ends the process is not begun with for ever. */
export const ARRIVAL_TRIES_SCHEMA = `
  ALTER TABLE arrivals ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
`;
