/** A page asks again for what a store says has changed: what is not named stays on the screen as it was. */
import { expect, test } from 'vitest';
import type { Changes } from './database.ts';
import type { Store } from './store.ts';
import { definitionOf, openStore, questionOf, runOf, turnOf } from './testing/open-store.ts';

const PAIRING = {
  code: 'ABCD',
  platform: 'telegram',
  user: '7',
  name: 'Ann',
  channel: 'telegram:dm:7',
  rejected: false,
  createdAt: 0,
  expiresAt: 100,
};
const TOKEN = { id: 'login', name: 'Firefox', scope: 'admin', createdAt: 0, expiresAt: 100 } as const;
const SUBSCRIPTION = {
  id: 's',
  login: 'login',
  endpoint: 'e',
  p256dh: 'p',
  auth: 'a',
  content: true,
  createdAt: 0,
};
const PLAN = { nextRun: 1, plannedAt: 0, enabled: true, ended: null, runs: 0 } as const;
const SETTLED = { state: 'answered', answer: null, outcome: 'yes', at: 5 } as const;
const CONTEXT = { tokens: 5, limit: null, source: null, model: 'p/m', base: null };

const CASES: [
  subject: string,
  what: string,
  change: (store: Store) => unknown,
  before?: (store: Store) => unknown,
][] = [
  ['sessions', 'an agent session that is left', ({ sessions }) => sessions.leaveAgentSession('cli:a', 0)],
  ['sessions', 'how messages queue', ({ sessions }) => sessions.setQueueMode('cli:a', 'interrupt')],
  ['sessions', 'a title', ({ sessions }) => sessions.setTitle('cli:a', 'Trip')],
  ['sessions', 'how full the model is', ({ contexts }) => contexts.note('cli:a', CONTEXT)],
  [
    'messages',
    'a message',
    ({ messages }) => messages.insert({ session: 'a', turn: 't', role: 'user', text: '', at: 0 }),
  ],
  ['turns', 'a turn', ({ turns }) => turns.insert(turnOf('new'))],
  [
    'turns',
    'a turn that is taken in',
    ({ turns }) => turns.merge(['t'], 'u'),
    ({ turns }) => turns.insert(turnOf('t')),
  ],
  [
    'turns',
    'words that are changed',
    ({ turns }) => turns.changePrompt('waits', 'new'),
    ({ turns }) => turns.insert(turnOf('waits')),
  ],
  ['tokens', 'a token', ({ tokens }) => tokens.insert(TOKEN, 'hash')],
  ['tokens', 'a token that goes', ({ tokens }) => tokens.delete('login')],
  ['tokens', 'tokens of a name', ({ tokens }) => tokens.deleteNamed('cli')],
  ['tokens', 'tokens of a scope', ({ tokens }) => tokens.deleteScope('admin')],
  [
    'push',
    'a subscription',
    ({ push }) => push.put(SUBSCRIPTION),
    ({ tokens }) => tokens.insert(TOKEN, 'other hash'),
  ],
  ['push', 'a subscription that goes', ({ push }) => push.delete('s')],
  ['push', 'one that goes with its login', ({ tokens }) => tokens.delete('login')],
  ['push', 'those that go with all logins', ({ tokens }) => tokens.deleteScope('admin')],
  ['questions', 'a question', ({ questions }) => questions.insert(questionOf('q'))],
  ['questions', 'where it is asked', ({ questions }) => questions.place('q', 'telegram:dm:1', 1)],
  ['questions', 'its end', ({ questions }) => questions.settle('q', SETTLED)],
  ['questions', 'what becomes of its rule', ({ questions }) => questions.ruleDone('q', 'written', 9)],
  ['jobs', 'a schedule', ({ jobs }) => jobs.insert('new', definitionOf(), true, null, 0)],
  ['jobs', 'its next time', ({ jobs }) => jobs.plan('water', PLAN)],
  ['jobs', 'its wording', ({ jobs }) => jobs.change('water', definitionOf({ message: 'Rest.' }), 1)],
  ['jobs', 'its failures', ({ jobs }) => jobs.setFailures('water', 1, null)],
  ['jobs', 'its end by failures', ({ jobs }) => jobs.disable('water')],
  ['jobs', 'its removal', ({ jobs }) => jobs.delete('water')],
  ['jobs', 'a run', ({ jobRuns }) => jobRuns.claim(runOf('r'))],
  [
    'jobs',
    'a time that is left out',
    ({ jobRuns }) => jobRuns.leaveOut(runOf('r', { state: 'ended', outcome: 'skipped' })),
  ],
  ['jobs', 'how far a run is', ({ jobRuns }) => jobRuns.update('r', { state: 'delivering' })],
  ['jobs', 'runs that go', ({ jobRuns }) => jobRuns.deleteOf('water')],
  ['heartbeat', 'its state', ({ heartbeat }) => heartbeat.setState({ failures: 1 })],
  ['heartbeat', 'a beat', ({ heartbeat }) => heartbeat.claim(1, 'manual', 0)],
  ['heartbeat', 'how far a beat is', ({ heartbeat }) => heartbeat.update(1, { state: 'ended' })],
  ['channels', 'who wrote', ({ access }) => access.seen(PAIRING, 1)],
  ['channels', 'a stranger with a code', ({ access }) => access.insertPairing(PAIRING)],
  ['channels', 'one who is let in', ({ access }) => access.approve(PAIRING, 'guest', 1)],
  ['channels', 'one who is turned away', ({ access }) => access.rejectPairing('ABCD', 9)],
  ['channels', 'a code that was used', ({ access }) => access.deletePairing('ABCD')],
  ['channels', 'one who is forgotten', ({ access }) => access.forgetPerson('telegram', '7')],
  ['channels', 'a group that is allowed', ({ access }) => access.allowGroup('telegram:group:1', true, 0)],
  ['channels', 'a group that is closed', ({ access }) => access.closeGroup('telegram:group:1')],
  [
    'channels',
    'a group that asked',
    ({ access }) => access.noteClosedGroup({ channel: 'telegram:group:1', title: 'Us', askedAt: 1 }, 9),
  ],
];

test('each change is told by the name of its subject', () => {
  const store = openStore();
  let told: string[] = [];
  store.watch((changes) => told.push(...changes.keys()));
  const untold = CASES.filter(([subject, _, change, before]) => {
    before?.(store);
    told = [];
    store.transaction('relaxed', () => change(store));
    return !told.includes(subject);
  });
  expect(untold.map(([subject, what]) => `${subject}: ${what}`)).toEqual([]);
});

test('what was taken back was no change, and whoever stopped looking is told nothing', () => {
  const store = openStore();
  const told: Changes[] = [];
  const stop = store.watch((changes) => told.push(changes));
  const failing = (): void => {
    store.jobs.delete('water');
    throw new Error('taken back');
  };
  expect(() => store.transaction('relaxed', failing)).toThrow('taken back');
  store.transaction('relaxed', () => store.sessions.setTitle('cli:a', 'Trip'));
  expect(told.map((changes) => [...changes.keys()])).toEqual([['sessions']]);
  stop();
  store.transaction('relaxed', () => store.jobs.delete('water'));
  expect(told).toHaveLength(1);
});
