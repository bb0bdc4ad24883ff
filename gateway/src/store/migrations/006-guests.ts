/** Who asked: a guest's turn may not reach beyond his own chat. */
export const GUESTS_SCHEMA = `
  ALTER TABLE turns ADD COLUMN guest INTEGER NOT NULL DEFAULT 0; -- asked by somebody who is not the owner
`;
