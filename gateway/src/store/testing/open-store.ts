/** A store in a real file, with rows as tests need them: what they do not name is plain. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import type { JobDefinition, NewRun, RunTask } from '../job-rows.ts';
import type { NewDelivery, NewPart } from '../outbox-store.ts';
import type { QuestionRow } from '../question-store.ts';
import { Store } from '../store.ts';
import type { NewTurn } from '../turn-store.ts';

export function openStore(): Store {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  return store;
}

export const turnOf = (id: string, more: Partial<NewTurn> = {}): NewTurn => ({
  id,
  session: 'api:a',
  source: 'api',
  sender: 'owner',
  prompt: 'p',
  attachments: [],
  queueMode: null,
  createdAt: 0,
  ...more,
});

export const definitionOf = (more: Partial<JobDefinition> = {}): JobDefinition => ({
  name: 'water',
  schedule: { kind: 'cron', expression: '0 8 * * *' } as unknown as JobDefinition['schedule'],
  timeZone: 'UTC',
  message: 'Water the plants.',
  prompt: null,
  channel: null,
  origin: null,
  session: 'fresh',
  misfire: 'once',
  maxAge: null,
  overlap: 'skip',
  until: null,
  count: null,
  retries: 0,
  ...more,
});

const TASK: RunTask = {
  name: 'water',
  message: 'Water the plants.',
  prompt: null,
  channel: null,
  origin: null,
  session: 'cron:water',
  fresh: true,
  retries: 0,
  timeZone: 'UTC',
};

export const runOf = (id: string, more: Partial<NewRun> = {}, task: Partial<RunTask> = {}): NewRun => ({
  id,
  job: 'water',
  key: `water@${id}`,
  slot: 0,
  times: 1,
  firstSlot: 0,
  lastSlot: 0,
  trigger: 'schedule',
  state: 'running',
  outcome: null,
  detail: null,
  claimedAt: 0,
  ...more,
  task: { ...TASK, ...task },
});

export const deliveryOf = (id: string, more: Partial<NewDelivery> = {}): NewDelivery => ({
  id,
  channel: 'telegram:dm:1',
  replyTo: null,
  turn: null,
  kind: 'answer',
  text: 'hello',
  createdAt: 0,
  ...more,
});

export const partOf = (number: number, more: Partial<NewPart> = {}): NewPart => ({
  number,
  action: 'send',
  part: { text: `part ${number}` } as unknown as NewPart['part'],
  message: null,
  nonce: `n${number}`,
  state: 'pending',
  dueAt: 0,
  ...more,
});

type NewQuestion = Omit<QuestionRow, 'changed' | 'state' | 'answer' | 'settledAt' | 'outcome' | 'ruleDue'>;

export const questionOf = (id: string, more: Partial<NewQuestion> = {}): NewQuestion => ({
  id,
  kind: 'tool',
  turn: 't',
  session: 'api:a',
  asker: 'owner',
  source: 'api',
  attempt: 1,
  calls: ['c1'],
  subject: 's',
  title: 'May I?',
  text: '',
  details: {},
  options: [],
  input: null,
  fallback: 'no',
  askedAt: 0,
  expiresAt: 100,
  chat: null,
  ...more,
});
