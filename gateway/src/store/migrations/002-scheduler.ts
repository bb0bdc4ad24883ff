/**
 * Schedules and the heartbeat. A slot is claimed by inserting its run (`job_runs.key` is unique) in the transaction that
 * moves `jobs.next_run` on; what SQL does not ask about lies in JSON. Times are milliseconds since the epoch.
 */
export const SCHEDULER_SCHEMA = `
  CREATE TABLE jobs (
    id            TEXT PRIMARY KEY,
    definition    TEXT NOT NULL,               -- JSON: what the owner asked for
    enabled       INTEGER NOT NULL,
    ended         TEXT,                        -- finished, failures
    runs          INTEGER NOT NULL DEFAULT 0,  -- slots claimed so far
    failures      INTEGER NOT NULL DEFAULT 0,  -- in a row
    backoff_until INTEGER,                     -- slots before it are skipped
    notice        TEXT,                        -- word to the owner that has not been handed over yet
    next_run      INTEGER,
    planned_at    INTEGER NOT NULL,            -- when next_run was computed: later than now means the clock was set back
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_due ON jobs (next_run) WHERE next_run IS NOT NULL;
  CREATE INDEX jobs_notice ON jobs (id) WHERE notice IS NOT NULL;

  CREATE TABLE job_runs (
    seq            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    job            TEXT NOT NULL,
    key            TEXT NOT NULL UNIQUE,       -- <job>@<slot>: a slot is claimed once
    slot           INTEGER NOT NULL,
    trigger        TEXT NOT NULL,              -- schedule, late, manual
    state          TEXT NOT NULL,              -- waiting, running, retrying, delivering, ended
    outcome        TEXT,
    detail         TEXT,                       -- why, for people
    task           TEXT NOT NULL,              -- JSON: the job as it was when the slot was claimed
    attempt        INTEGER NOT NULL DEFAULT 0, -- times the prompt was asked
    tries          INTEGER NOT NULL DEFAULT 0, -- times the delivery was tried
    due_at         INTEGER,                    -- when it is tried again
    turn           TEXT,
    text           TEXT,                       -- what is delivered
    usage          TEXT,                       -- JSON, over all attempts
    delivery       TEXT NOT NULL DEFAULT 'none',
    channel        TEXT,                       -- where it was handed over
    delivery_error TEXT,
    claimed_at     INTEGER NOT NULL,
    started_at     INTEGER,
    finished_at    INTEGER
  ) STRICT;
  CREATE INDEX job_runs_history ON job_runs (job, seq);
  CREATE INDEX job_runs_open ON job_runs (job, seq) WHERE state <> 'ended';
  CREATE INDEX job_runs_due ON job_runs (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE heartbeat (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    next_at    INTEGER,                        -- the phase, which a restart keeps
    planned_at INTEGER NOT NULL,
    failures   INTEGER NOT NULL DEFAULT 0,
    seen       TEXT,                           -- JSON: what the last settled beat looked at
    asked_at   INTEGER,                        -- when the model last answered a beat
    told       TEXT,                           -- the last finding
    told_at    INTEGER
  ) STRICT;

  CREATE TABLE beats (
    seq            INTEGER PRIMARY KEY,
    slot           INTEGER NOT NULL UNIQUE,
    trigger        TEXT NOT NULL,              -- schedule, manual
    state          TEXT NOT NULL,              -- asking, delivering, ended
    outcome        TEXT,
    detail         TEXT,
    seen           TEXT,                       -- JSON: what it looked at before it asked
    turn           TEXT,
    text           TEXT,
    usage          TEXT,
    channel        TEXT,
    tries          INTEGER NOT NULL DEFAULT 0,
    due_at         INTEGER,
    started_at     INTEGER NOT NULL,
    finished_at    INTEGER
  ) STRICT;
  CREATE INDEX beats_open ON beats (seq) WHERE state <> 'ended';
`;
