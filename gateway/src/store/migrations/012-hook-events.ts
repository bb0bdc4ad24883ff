/** Which events a hook takes, and what its last deliveries were. */
export const HOOK_EVENTS_SCHEMA = `
  ALTER TABLE hooks ADD COLUMN events TEXT;            -- JSON of names; NULL: all
  ALTER TABLE hook_deliveries ADD COLUMN event TEXT;   -- as the sender names it
  CREATE INDEX hook_deliveries_age ON hook_deliveries (hook, received_at);
`;
