/** A schedule as it is kept, and one run of it. */
import type { Usage } from '@mobyclaw/protocol/usage';
import type { Schedule } from '../calendar/schedule.ts';

/** What the owner asked for; changed as a whole. Times in milliseconds since the epoch. */
export interface JobDefinition {
  name: string;
  schedule: Schedule;
  timeZone: string;
  message: string | null;
  prompt: string | null;
  /** Where the result goes, as named; null: as the gateway decides. */
  channel: string | null;
  /** The conversation it was asked in. */
  origin: string | null;
  session: 'keep' | 'fresh';
  misfire: 'skip' | 'once' | 'all';
  /** As written. */
  maxAge: string | null;
  overlap: 'skip' | 'queue' | 'parallel';
  until: number | null;
  count: number | null;
  retries: number;
  /** Made for somebody who is not the owner. */
  guest?: boolean;
  /** Who asked for it, as the sender of a turn is written; missing where no turn did, and in what older versions kept. */
  askedBy?: string;
}

export interface JobRow {
  id: string;
  definition: JobDefinition;
  enabled: boolean;
  ended: 'finished' | 'failures' | null;
  /** Slots claimed so far. */
  runs: number;
  /** In a row. */
  failures: number;
  /** Slots before it are left out. */
  backoffUntil: number | null;
  nextRun: number | null;
  createdAt: number;
  updatedAt: number;
}

export type RunState = 'waiting' | 'running' | 'retrying' | 'delivering' | 'ended';
export type RunOutcome =
  | 'succeeded'
  | 'fallback'
  | 'failed'
  | 'refused'
  | 'undelivered'
  | 'skipped'
  | 'cancelled';
export type RunTrigger = 'schedule' | 'late' | 'manual';
export type DeliveryState = 'none' | 'pending' | 'accepted' | 'failed';

/** The job as it was when the slot was claimed: an edit counts from the next slot on. */
export interface RunTask {
  name: string;
  message: string | null;
  prompt: string | null;
  channel: string | null;
  origin: string | null;
  /** Conversation that the prompt is asked in. */
  session: string;
  fresh: boolean;
  retries: number;
  timeZone: string;
  guest?: boolean;
}

/** The slots that a row stands for. */
export interface Stretch {
  /** How many: exact up to a hundred, and at least that many beyond. */
  times: number;
  firstSlot: number;
  lastSlot: number;
}

export interface NewRun extends Stretch {
  id: string;
  job: string;
  /** `<job>@<slot>`, unique: also the key of its prompt and of its delivery. */
  key: string;
  slot: number;
  trigger: RunTrigger;
  state: RunState;
  outcome: RunOutcome | null;
  detail: string | null;
  task: RunTask;
  claimedAt: number;
}

export interface RunRow extends NewRun {
  seq: number;
  attempt: number;
  /** How often the delivery was tried. */
  tries: number;
  dueAt: number | null;
  turn: string | null;
  text: string | null;
  usage: Usage | null;
  delivery: DeliveryState;
  /** Where it was handed over, once that was tried. */
  channel: string | null;
  deliveryError: string | null;
  startedAt: number | null;
  finishedAt: number | null;
}
