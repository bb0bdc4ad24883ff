/** A run can stand for several times; why a beat asked the model; what has finished is found and removed by an index. */
export const STRETCHES_SCHEMA = `
  ALTER TABLE job_runs ADD COLUMN times INTEGER NOT NULL DEFAULT 1; -- that the row stands for, 100 and more
  ALTER TABLE job_runs ADD COLUMN first_slot INTEGER;               -- of these, where it is not \`slot\`
  ALTER TABLE job_runs ADD COLUMN last_slot INTEGER;
  CREATE INDEX jobs_ended ON jobs (ended, planned_at);
  ALTER TABLE beats ADD COLUMN why TEXT;                            -- why the model was asked, for people
`;
