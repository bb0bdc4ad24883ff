import { join } from 'node:path';
import { parseActiveHours } from '@mobyclaw/lib/active-hours';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { HeartbeatFiles } from '@mobyclaw/protocol/heartbeat';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { loadCalendar } from '../calendar/calendar.ts';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import { Store } from '../store/store.ts';
import { SimulatedClock } from '../testing/simulated-clock.ts';
import type { BackgroundPrompt, TurnOutcome } from '../unasked/ports.ts';
import { Heartbeat } from './heartbeat.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const calendar = await loadCalendar();
const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A heartbeat on a real database, in Berlin, on Thursday 1 October 2026 at 12:00, which can be killed and started again. */
function heartbeatWorld(options: { activeHours?: string; at?: string } = {}) {
  const path = join(temporaryFolder(), 'gateway.db');
  const clock = new SimulatedClock(Date.parse(options.at ?? '2026-10-01T10:00:00Z'));
  const world = {
    files: { text: '- Look at the disk.', memoryHash: 'm1', times: [] } as HeartbeatFiles | null,
    answer: (): TurnOutcome | Promise<TurnOutcome> => said('HEARTBEAT_OK'),
    asked: new Map<string, { at: number; prompt: BackgroundPrompt; outcome: TurnOutcome | null }>(),
    sent: new Map<string, string>(),
    channel: 'telegram:dm:1',
    refusal: null as string | null,
    beforeDelivery: (): void => undefined,
    killAt: null as string | null,
  };
  let store = new Store(path);
  let heart: Heartbeat | null = null;
  let over = { dead: false };
  const kill = (): void => {
    over.dead = true;
    heart?.stop();
    clock.kill();
    store.close();
  };
  const strike = (step: string, life: { dead: boolean }): boolean => {
    if (life.dead) return true;
    if (world.killAt !== step) return false;
    world.killAt = null;
    kill();
    return true;
  };
  const start = (): void => {
    if (over.dead) store = new Store(path);
    const life = { dead: false };
    over = life;
    heart = new Heartbeat({
      store,
      clock,
      logger: silentLogger,
      calendar: async () => calendar,
      timeZone: 'Europe/Berlin',
      intervalMs: 30 * MINUTE,
      activeHours: parseActiveHours(options.activeHours ?? '00:00-24:00'),
      refusal: async () => world.refusal,
      files: async () => world.files,
      channels: { home: () => world.channel },
      prompts: {
        accept: async (prompt) => {
          if (strike('before the prompt', life)) return forever();
          if (!world.asked.has(prompt.key))
            world.asked.set(prompt.key, { at: clock.now(), prompt, outcome: null });
          return strike('after the prompt', life) ? forever() : prompt.key;
        },
        outcome: async (turn) => {
          const asked = world.asked.get(turn);
          if (!asked) throw new Error(`no turn ${turn}`);
          asked.outcome ??= await world.answer();
          return strike('before the answer', life) ? forever() : asked.outcome;
        },
        cancel: () => undefined,
      },
      deliver: async (channel, text, key) => {
        world.beforeDelivery();
        if (strike('before the delivery', life)) return forever();
        if (!world.sent.has(key)) world.sent.set(key, `${channel} ${text}`);
        if (strike('after the delivery', life)) await forever();
      },
    });
    heart.start();
  };
  start();
  onTestFinished(() => {
    if (!over.dead) kill();
  });
  return {
    world,
    clock,
    start,
    kill,
    beatNow: () => heart?.beatNow(),
    pass: (ms: number) => clock.advanceTo(clock.now() + ms, () => over.dead),
    askedAt: () => [...world.asked.values()].map(({ at }) => new Date(at).toISOString().slice(5, 16)),
    outcomes: () =>
      store.heartbeat
        .history(500)
        .reverse()
        .map(({ outcome, state }) => outcome ?? state),
    store: () => store,
  };
}

const said = (text: string): TurnOutcome => ({ state: 'done', text, error: null, usage: null });
const failed = (): TurnOutcome => ({
  state: 'failed',
  text: '',
  error: { code: 'provider', message: 'The provider is down.', retryable: true },
  usage: null,
});

test('24 idle hours: one look at a new checklist, then no call; silent, and it says why', async () => {
  const { world, pass, outcomes, store } = heartbeatWorld();
  await pass(31 * MINUTE);
  expect(world.asked.size).toBe(1);
  await pass(24 * HOUR);
  expect(world.asked.size).toBe(1);
  expect(world.sent.size).toBe(0);
  expect(outcomes()).toEqual(['quiet', ...Array.from({ length: 48 }, () => 'unchanged')]);
  expect(store().heartbeat.history(1)[0]?.detail).toBe(
    'Nothing has changed since 2026-10-01 12:30, and nothing is due.',
  );
});

test.each([null, '', '# Heartbeat\n\n<!-- - nothing yet -->\n- \n'])(
  'an empty checklist (%j) costs no call',
  async (text) => {
    const { world, pass, outcomes } = heartbeatWorld();
    world.files = { text, memoryHash: 'm1', times: [] };
    await pass(24 * HOUR);
    expect(world.asked.size).toBe(0);
    expect(new Set(outcomes())).toEqual(new Set(['empty']));
  },
);

test('the model is asked when checklist, memory or conversations have changed, once for each', async () => {
  const { world, pass, store, clock } = heartbeatWorld();
  await pass(HOUR);
  world.files = { text: '- Look at the disk.\n<!-- a comment -->\n', memoryHash: 'm1', times: [] };
  await pass(HOUR);
  expect(world.asked.size).toBe(1);
  world.files = { text: '- Look at the disk and the mail.', memoryHash: 'm1', times: [] };
  await pass(HOUR);
  expect(world.asked.size).toBe(2);
  world.files = { ...world.files, memoryHash: 'm2' };
  await pass(HOUR);
  expect(world.asked.size).toBe(3);
  const say = (session: string) =>
    store().messages.insert({ session, turn: 't', role: 'user', text: 'x', at: clock.now() });
  say('cron:abc');
  say('heartbeat:main');
  say('webhook:push');
  const brief = { session: 'cli:main', turn: 'd', role: 'assistant' as const, text: 'Good morning.' };
  store().messages.insert({ ...brief, sentBy: 'scheduled job "brief"', at: clock.now() });
  await pass(HOUR);
  expect(world.asked.size).toBe(3);
  say('telegram:dm:1');
  await pass(2 * HOUR);
  expect(world.asked.size).toBe(4);
});

test('what the beat itself writes into the memory is no reason for the next one', async () => {
  const { world, pass } = heartbeatWorld();
  let writes = 0;
  world.answer = () => {
    world.files = { text: '- Look at the disk.', memoryHash: `written ${++writes}`, times: [] };
    return said('HEARTBEAT_OK');
  };
  await pass(12 * HOUR);
  expect(world.asked.size).toBe(1);
});

test('items that are due are a reason, each at its time', async () => {
  const { world, pass, askedAt } = heartbeatWorld();
  world.files = {
    text: '- After 20:00: write the log.\n- 2026-10-02 09:10: call the bank',
    memoryHash: 'm1',
    times: ['2026-10-02 15:00'],
  };
  await pass(48 * HOUR);
  expect(askedAt()).toEqual(['10-01T10:30', '10-01T18:00', '10-02T07:30', '10-02T13:00', '10-02T18:00']);
});

/** An answer that takes as long as a model does. */
const slowly = (clock: SimulatedClock) => (): Promise<TurnOutcome> =>
  new Promise((resolve) => clock.after(20_000, () => resolve(said('HEARTBEAT_OK'))));

test('however long the model takes, what recurs keeps its rhythm', async () => {
  const { world, clock, pass, askedAt } = heartbeatWorld();
  world.answer = slowly(clock);
  world.files = { text: '- every 30m: look at the disk', memoryHash: 'm1', times: [] };
  await pass(2 * HOUR + MINUTE);
  expect(askedAt()).toEqual(['10-01T10:30', '10-01T11:00', '10-01T11:30', '10-01T12:00']);
});

test('a list that is read a moment late does not put off what recurs', async () => {
  const { world, clock, pass } = heartbeatWorld();
  world.files = { text: '- every 30m: look at the disk', memoryHash: 'm1', times: [] };
  world.answer = slowly(clock);
  await pass(30 * MINUTE - 1000);
  clock.jump(1500); // the first beat starts late, the others on time
  await pass(90 * MINUTE + 5000);
  expect(world.asked.size).toBe(4);
});

test.each([false, true])(
  'what falls due while the model answers is asked for (killed meanwhile: %s)',
  async (killed) => {
    const { world, clock, pass, start, askedAt, store } = heartbeatWorld({ at: '2026-10-01T10:59:50Z' });
    world.files = { text: '- 14:00: call the bank', memoryHash: 'm1', times: [] };
    await pass(40 * MINUTE);
    world.files = { ...world.files, memoryHash: 'm2' };
    world.answer = slowly(clock);
    if (killed) world.killAt = 'before the answer';
    await pass(21 * MINUTE);
    if (killed) start();
    await pass(MINUTE);
    await pass(HOUR);
    expect(askedAt()).toEqual(['10-01T11:29', '10-01T11:59', '10-01T12:29']);
    expect(
      store()
        .heartbeat.history(5)
        .map(({ why }) => why),
    ).toContain('“14:00” was due');
  },
);

test('a real finding arrives once, in the channel that the owner wrote in last, and is not told again', async () => {
  const { world, pass, outcomes } = heartbeatWorld();
  world.answer = () => said('**The disk is 95 % full.**\n\nHEARTBEAT_OK');
  await pass(4 * HOUR);
  expect([...world.sent.values()]).toEqual(['telegram:dm:1 **The disk is 95 % full.**']);
  expect(outcomes().slice(0, 2)).toEqual(['found', 'unchanged']);
  world.files = { text: '- Look at the disk.', memoryHash: 'm2', times: [] };
  await pass(HOUR);
  expect(world.asked.size).toBe(2);
  expect([...world.asked.values()].at(-1)?.prompt.prompt).toContain('“**The disk is 95 % full.**”');
  expect(world.sent.size).toBe(1);
  expect(outcomes()).toContain('repeated');
});

test('each beat is one light prompt in a conversation that begins anew', async () => {
  const { world, pass } = heartbeatWorld();
  await pass(HOUR);
  const prompt = [...world.asked.values()][0]?.prompt;
  expect(prompt).toMatchObject({ session: 'heartbeat:main', source: 'heartbeat', fresh: true });
  expect(prompt?.prompt).toMatch(/HEARTBEAT\.md.*strictly.*HEARTBEAT_OK.*- Look at the disk\./s);
  expect(prompt?.prompt.length).toBeLessThan(700);
});

test.each([
  'before the prompt',
  'after the prompt',
  'before the answer',
  'before the delivery',
  'after the delivery',
])('killed %s: asked once, told once', async (step) => {
  const { world, pass, start, outcomes } = heartbeatWorld();
  world.answer = () => said('The disk is full.');
  world.killAt = step;
  await pass(31 * MINUTE);
  start();
  await pass(HOUR);
  expect(world.asked.size).toBe(1);
  expect([...world.sent.values()]).toEqual(['telegram:dm:1 The disk is full.']);
  expect(outcomes()[0]).toBe('found');
});

test('the phase survives restarts: its clock does not begin again', async () => {
  const { world, clock, pass, kill, start, askedAt } = heartbeatWorld();
  for (let minute = 0; minute < 25; minute += 5) {
    await pass(5 * MINUTE);
    kill();
    start();
  }
  await pass(6 * MINUTE);
  expect(askedAt()).toEqual(['10-01T10:30']);
  world.files = { text: '- Something new.', memoryHash: 'm1', times: [] };
  kill();
  clock.jump(10 * HOUR + 5 * MINUTE);
  start();
  await pass(26 * MINUTE);
  expect(askedAt()).toEqual(['10-01T10:30', '10-01T20:36']);
});

test('failures back off, the checklist is asked again, and the first success brings the rhythm back', async () => {
  const { world, pass, askedAt, store } = heartbeatWorld();
  world.answer = failed;
  await pass(24 * HOUR);
  const times = [...world.asked.values()].map(({ at }) => at);
  const hours = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / HOUR);
  expect(hours).toEqual([1, 2, 4, 4, 4, 4, 4]);
  world.answer = () => said('HEARTBEAT_OK');
  await pass(4 * HOUR);
  expect(store().heartbeat.state().failures).toBe(0);
  world.files = { text: '- Something new.', memoryHash: 'm1', times: [] };
  const before = askedAt().length;
  await pass(HOUR);
  expect(askedAt().length).toBe(before + 1);
});

test('a memory server that does not answer is a failure, not a call', async () => {
  const { world, pass, outcomes } = heartbeatWorld();
  world.files = null;
  await pass(2 * HOUR);
  expect(world.asked.size).toBe(0);
  expect(new Set(outcomes())).toEqual(new Set(['failed']));
});

test('beats never pile up behind a slow one', async () => {
  const { world, pass, outcomes } = heartbeatWorld();
  world.answer = () => forever();
  await pass(3 * HOUR);
  expect(world.asked.size).toBe(1);
  expect(outcomes()).toEqual(['asking', 'busy', 'busy', 'busy', 'busy', 'busy']);
});

test('a window across midnight: beats from 22:00 to 06:00 and no others', async () => {
  const { pass, store } = heartbeatWorld({ activeHours: '22:00-06:00' });
  await pass(48 * HOUR);
  const beats = store()
    .heartbeat.history(500)
    .reverse()
    .map(({ slot }) => new Date(slot + 2 * HOUR).toISOString().slice(8, 16));
  expect(beats).toHaveLength(32);
  expect([beats[0], beats[15], beats[16], beats[31]]).toEqual([
    '01T22:00',
    '02T05:30',
    '02T22:00',
    '03T05:30',
  ]);
});

test('after the last beat of a day the next one is told for the morning, when it comes', async () => {
  const { pass, store, outcomes } = heartbeatWorld({ activeHours: '08:00-12:45' });
  await pass(31 * MINUTE);
  expect(outcomes()).toHaveLength(1);
  expect(store().heartbeat.state().nextAt).toBe(Date.parse('2026-10-02T06:00:00Z'));
});

test('a clock that is set back does not silence it', async () => {
  const { world, clock, pass, askedAt } = heartbeatWorld();
  await pass(HOUR);
  clock.jump(-10 * HOUR);
  world.files = { text: '- Something new.', memoryHash: 'm1', times: [] };
  await pass(HOUR);
  expect(askedAt()).toHaveLength(2);
});

test('what the budget refuses is not asked and no failure; it is asked for when there is one again', async () => {
  const { world, pass, outcomes, store } = heartbeatWorld();
  world.refusal = 'Nothing is left for today.';
  await pass(61 * MINUTE);
  expect(outcomes()).toEqual(['refused', 'refused']);
  expect(world.asked.size).toBe(0);
  expect(store().heartbeat.state().failures).toBe(0);
  expect(store().heartbeat.history(1)[0]).toMatchObject({ turn: null, detail: world.refusal });
  world.refusal = null;
  await pass(30 * MINUTE);
  expect(outcomes().at(-1)).toBe('quiet');
});

test('a finding waits for its channel, and is dropped where it is refused', async () => {
  const { world, pass, outcomes } = heartbeatWorld();
  world.answer = () => said('The disk is full.');
  world.beforeDelivery = () => {
    throw new Error('Messaging is not up.');
  };
  await pass(2 * HOUR);
  expect(outcomes()[0]).toBe('delivering');
  world.channel = 'slack:dm:D1';
  world.beforeDelivery = () => undefined;
  await pass(HOUR);
  expect([...world.sent.values()]).toEqual(['slack:dm:D1 The disk is full.']);
  expect(world.asked.size).toBe(1);
  world.beforeDelivery = () => {
    throw new DeliveryRefusedError('The bot was blocked.');
  };
  world.answer = () => said('The mail is full.');
  world.files = { text: '- Look at the mail.', memoryHash: 'm1', times: [] };
  await pass(HOUR);
  expect(outcomes()).toContain('undelivered');
  expect(world.sent.size).toBe(1);
});

test('by hand it asks at once, whether or not anything has changed, and leaves the rhythm alone', async () => {
  const { world, pass, beatNow, askedAt } = heartbeatWorld();
  await pass(40 * MINUTE);
  beatNow();
  await pass(MINUTE);
  expect(world.asked.size).toBe(2);
  world.files = { text: '- Something new.', memoryHash: 'm1', times: [] };
  await pass(30 * MINUTE);
  expect(askedAt().at(-1)).toBe('10-01T11:00');
});

test('why the model was asked is kept beside what came of it', async () => {
  const { world, pass, beatNow, store } = heartbeatWorld();
  await pass(31 * MINUTE);
  world.answer = failed;
  world.files = { text: '- Look at the disk.', memoryHash: 'm2', times: [] };
  await pass(30 * MINUTE);
  world.answer = () => said('The disk is full.');
  beatNow();
  await pass(MINUTE);
  expect(store().heartbeat.history(3)).toMatchObject([
    { outcome: 'found', why: 'you asked for it' },
    { outcome: 'failed', why: 'the memory had changed', detail: 'The provider is down.' },
    { outcome: 'quiet', why: 'it was the first time', detail: 'There was nothing to say.' },
  ]);
});
