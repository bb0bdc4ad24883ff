/** Indexes that reports read instead of the rows, which hold whole prompts and answers. */
export const REPORTS_SCHEMA = `
  CREATE INDEX messages_said ON messages (session, role) WHERE role <> 'marker';
  CREATE INDEX turns_usage ON turns (
    finished_at, model, source, session, input_tokens, output_tokens, cached_tokens, cost_usd, merged_into
  ) WHERE model IS NOT NULL AND merged_into IS NULL;
`;
