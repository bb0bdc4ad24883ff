/** Whether an answer ended at the model's limit of tokens. */
export const CUT_SCHEMA = `
  ALTER TABLE turns ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
`;
