/** What an upgrade has changed for an owner who was there before; a row is gone once he has been told. */
export const OWNER_NOTICES_SCHEMA = `
CREATE TABLE owner_notices (
  key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO owner_notices (key) SELECT 'walls' WHERE EXISTS (SELECT 1 FROM turns);
`;
