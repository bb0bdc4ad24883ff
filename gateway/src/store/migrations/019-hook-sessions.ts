/** Hooks from before begin anew with each delivery too: nobody had asked that strangers' payloads pile up in one context. */
export const HOOK_SESSIONS_SCHEMA = `
  ALTER TABLE hooks ADD COLUMN session TEXT NOT NULL DEFAULT 'fresh'; -- or keep: one conversation, within bounds
`;
