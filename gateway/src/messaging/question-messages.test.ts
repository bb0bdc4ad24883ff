/** When and where a question is shown, and that a crash neither keeps it from its chat nor brings it there twice. */
import { join } from 'node:path';
import { parseActiveHours } from '@mobyclaw/lib/active-hours';
import { silentLogger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { loadCalendar } from '../calendar/calendar.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Questions } from '../questions/questions.ts';
import { Store } from '../store/store.ts';
import { askerOf } from '../turns/capabilities.ts';
import { QuestionMessages } from './question-messages.ts';
import { QuestionPlaces } from './question-places.ts';

const HOME = 'telegram:dm:42';
const GROUP = 'telegram:group:-5';
const MINUTE_MS = 60_000;

interface Setting {
  at?: string;
  /** Chats that Moby may write to. */
  allowed?: readonly string[];
  home?: () => string | null;
}

function setUp({ at = '2026-11-21T12:00:00Z', allowed = [HOME, GROUP], home = () => HOME }: Setting = {}) {
  const clock = new ManualClock(Date.parse(at));
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const woken: string[] = [];
  const open = () => {
    const questions = new Questions({
      store,
      clock,
      logger: silentLogger,
      metrics: { questionSettled: () => undefined } as unknown as Metrics,
      timeZone: 'UTC',
      timeoutMs: () => 12 * 60 * MINUTE_MS,
      askerOf,
      emit: () => undefined,
      ruleFor: () => null,
      onRuleDue: () => undefined,
    });
    const messages = new QuestionMessages({
      store,
      questions,
      places: new QuestionPlaces({
        store,
        refusal: (chat) => (allowed.includes(chat) ? null : 'not there'),
        ownerChat: home,
        activeHours: parseActiveHours('08:00-23:00'),
        timeZone: 'UTC',
        calendar: loadCalendar,
        clock,
      }),
      wake: (chat) => woken.push(chat),
      waits: () => undefined,
      clock,
      logger: silentLogger,
    });
    return { questions, messages };
  };
  /** A turn of which a tool needs a word. @returns id of the question */
  const ask = async (
    questions: Questions,
    turn: { source: string; session?: string; deliverTo?: string; guest?: boolean },
  ) => {
    const id = uuidv7();
    const session = turn.session ?? `${turn.source}:main`;
    store.turns.insert({
      id,
      session,
      source: turn.source,
      sender: 'somebody',
      prompt: 'p',
      attachments: [],
      queueMode: null,
      createdAt: clock.now(),
      ...(turn.guest ? { guest: true } : {}),
      ...(turn.deliverTo === undefined ? {} : { deliverTo: { channel: turn.deliverTo, replyTo: '7' } }),
    });
    const row = store.turns.find(id);
    if (!row) throw new Error('the turn is not there');
    const wanted = { kind: 'tool', callId: 'c', tool: 'shell', args: { cmd: 'date' } } as const;
    void questions.ask(row, 1, wanted, new AbortController().signal);
    return store.questions.ofTurn(id)[0]?.id ?? '';
  };
  const shownIn = (question: string) => store.questionMessages.asking(question)?.channel ?? null;
  return { clock, store, woken, open, ask, shownIn };
}

test('where the owner asked, as a reply; a guest’s, a webhook’s and what Moby does by himself where he has chosen', async () => {
  const { open, ask, shownIn, store } = setUp();
  const { questions, messages } = open();
  messages.start();
  const asked = await ask(questions, { source: 'telegram', session: GROUP, deliverTo: GROUP });
  const guest = await ask(questions, { source: 'telegram', session: GROUP, deliverTo: GROUP, guest: true });
  const hook = await ask(questions, { source: 'webhook' });
  const cron = await ask(questions, { source: 'cron' });
  await until('all to be shown', () => [asked, guest, hook, cron].every((id) => shownIn(id) !== null));
  expect([asked, guest, hook, cron].map(shownIn)).toEqual([GROUP, HOME, HOME, HOME]);
  expect(store.questionMessages.asking(asked)?.replyTo).toBe('7');
  expect(store.questionMessages.asking(guest)?.replyTo).toBeNull();
  expect(questions.find(asked)?.chat).toBe(GROUP);
});

test('where he asked is closed: the chat that he has chosen; where there is none it is found once there is one', async () => {
  let home: string | null = null;
  const { open, ask, shownIn, clock } = setUp({ allowed: [HOME], home: () => home });
  const { questions, messages } = open();
  messages.start();
  const id = await ask(questions, { source: 'telegram', session: GROUP, deliverTo: GROUP });
  await clock.advance(MINUTE_MS);
  expect(shownIn(id)).toBeNull();
  home = HOME;
  await until('it to be found', async () => {
    await clock.advance(MINUTE_MS);
    return shownIn(id) === HOME;
  });
});

test('a terminal has 20 seconds; what is answered there is shown in no chat', async () => {
  const { open, ask, shownIn, clock } = setUp();
  const { questions, messages } = open();
  messages.start();
  const [first, second] = [await ask(questions, { source: 'cli' }), await ask(questions, { source: 'api' })];
  await clock.advance(19_000);
  expect([shownIn(first), shownIn(second)]).toEqual([null, null]);
  questions.answer(first, { option: 'no' }, { door: 'cli', by: 'Alice' });
  await until('the other to be shown', async () => {
    await clock.advance(1000);
    return shownIn(second) === HOME;
  });
  expect(shownIn(first)).toBeNull();
});

test('at night what a schedule or the heartbeat asks waits without a sound; what a person asks does not', async () => {
  const { open, ask, shownIn, clock, woken } = setUp({ at: '2026-11-21T23:30:00Z' });
  const { questions, messages } = open();
  messages.start();
  const cron = await ask(questions, { source: 'cron' });
  const heartbeat = await ask(questions, { source: 'heartbeat' });
  const person = await ask(questions, { source: 'telegram', session: HOME, deliverTo: HOME });
  await until('that of the person', () => shownIn(person) !== null);
  await clock.advance(8 * 60 * MINUTE_MS);
  expect([shownIn(cron), shownIn(heartbeat)]).toEqual([null, null]);
  expect(woken).toEqual([HOME]);
  await until('the morning', async () => {
    await clock.advance(MINUTE_MS);
    return shownIn(cron) === HOME && shownIn(heartbeat) === HOME;
  });
  expect(new Date(clock.now()).toISOString()).toContain('T08:0');
});

test('what a crash kept from the outbox is put there at the next start, once', async () => {
  const { store, open, ask, shownIn, clock } = setUp();
  const before = open(); // asks, and is killed before its messages are looked at
  const waiting = await ask(before.questions, { source: 'telegram', session: HOME, deliverTo: HOME });
  const { questions, messages } = open();
  messages.start();
  await until('the question', () => shownIn(waiting) !== null);
  messages.stop();
  questions.answer(waiting, { option: 'no' }, { door: 'api', by: 'cli' });
  expect(store.questionMessages.untold()).toEqual([waiting]);
  for (let restarts = 0; restarts < 3; restarts++) {
    const after = open();
    after.messages.start();
    await until('the outcome', () => store.questionMessages.untold().length === 0);
    await clock.advance(0);
    after.messages.stop();
  }
  expect(store.outbox.countWaiting('telegram')).toBe(2); // the question, and what became of it
});
