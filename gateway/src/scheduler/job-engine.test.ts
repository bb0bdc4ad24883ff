/** What becomes of runs: retries, fallback, overlap, delivery, failures, edits, ends. */
import { expect, test } from 'vitest';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import { DAY, failure, HOUR, MINUTE, scheduleWorld } from '../testing/schedule-setup.ts';
import type { TurnOutcome } from '../unasked/ports.ts';

const done = (text: string): TurnOutcome => ({ state: 'done', text, error: null, usage: null });

/** Answers that come when the test says so. */
function held() {
  const waiting: ((outcome: TurnOutcome) => void)[] = [];
  return {
    answer: () => new Promise<TurnOutcome>((resolve) => waiting.push(resolve)),
    release: (outcome: TurnOutcome) => waiting.shift()?.(outcome),
  };
}

test('a prompt runs in the conversation of its job, and its answer goes to the channel, recorded with its cost', async () => {
  const { world, pass } = scheduleWorld();
  const job = await world.create({ name: 'brief', cron: '0 7 * * *', prompt: 'What is new?' });
  expect(job.next).toEqual([
    '2026-10-02T05:00:00.000Z',
    '2026-10-03T05:00:00.000Z',
    '2026-10-04T05:00:00.000Z',
  ]);
  expect(job.nextLocal?.[0]).toBe('2026-10-02T07:00:00+02:00');
  await pass(DAY);
  const [turn] = [...world.turns.values()];
  expect(turn?.prompt).toMatchObject({ session: `cron:${job.id}`, prompt: 'What is new?', fresh: true });
  expect(turn?.prompt.notes[0]).toMatch(
    /scheduled job "brief", due 2026-10-02T07:00:00\+02:00 \(Europe\/Berlin\)/,
  );
  expect([...world.sent.values()]).toMatchObject([{ channel: 'telegram:dm:1', text: 'the answer' }]);
  expect(world.service.history(job.id, 5)).toMatchObject([
    {
      slot: '2026-10-02T05:00:00.000Z',
      trigger: 'schedule',
      outcome: 'succeeded',
      durationMs: 0,
      usage: { inputTokens: 10, costUsd: 0.001 },
      delivery: { state: 'accepted', channel: 'telegram:dm:1' },
      text: 'the answer',
    },
  ]);
});

test('a message costs no prompt; fresh conversations and own channels are kept to', async () => {
  const { world, pass } = scheduleWorld();
  await world.create({ name: 'm', every: '1h', message: 'Drink.', channel: 'slack:dm:D1', count: 1 });
  await world.create({ name: 'p', every: '1h', prompt: 'Look.', session: 'fresh', count: 1 });
  await pass(HOUR);
  expect([...world.sent.values()].map(({ channel, text }) => `${channel} ${text}`)).toEqual([
    'slack:dm:D1 Drink.',
    'telegram:dm:1 the answer',
  ]);
  expect([...world.turns.values()].map(({ prompt }) => prompt.fresh)).toEqual([true]);
});

test('a failed prompt is asked again with growing pauses, as a turn of its own each time', async () => {
  const { world, pass, record } = scheduleWorld();
  const job = await world.create({ name: 'p', at: '2026-10-01T12:10', prompt: 'Look.', retries: 3 });
  let asked = 0;
  world.answer = () => (++asked < 3 ? failure(true) : done('at last'));
  await pass(10 * MINUTE);
  expect(world.service.history(job.id, 1)).toMatchObject([{ state: 'retrying', attempt: 1 }]);
  await pass(20 * MINUTE);
  expect(asked).toBe(3);
  expect([...world.turns.keys()].map((key) => key.slice(-2))).toEqual(['0Z', '#2', '#3']);
  expect(record(job.id)).toEqual(['2026-10-01T10:10 succeeded']);
  expect(world.service.history(job.id, 1)).toMatchObject([{ attempt: 3, usage: { inputTokens: 10 } }]);
});

test('where prompt and message are given, the message comes if the prompt fails for good', async () => {
  const { world, pass, record } = scheduleWorld();
  const job = await world.create({ name: 'both', every: '1d', prompt: 'Look.', message: 'Take the pill.' });
  world.answer = () => failure(false);
  await pass(12 * DAY);
  expect(new Set([...world.sent.values()].map(({ text }) => text))).toEqual(new Set(['Take the pill.']));
  expect(record(job.id)).toHaveLength(12);
  expect(world.service.history(job.id, 1)).toMatchObject([
    { outcome: 'fallback', detail: 'The provider is down.' },
  ]);
  expect((await world.service.view(job.id))?.state).toBe('active');
});

test('ten failures in a row switch a job off with one word to the owner, also through kills', async () => {
  const { world, pass, record } = scheduleWorld();
  const job = await world.create({ name: 'broken', every: '1m', prompt: 'Look.', retries: 0 });
  world.answer = () => failure(true);
  for (let day = 0; day < 3; day++) {
    await pass(DAY / 2);
    world.restart();
  }
  const failed = record(job.id).filter((line) => line.endsWith('failed'));
  expect(world.turns.size).toBe(10);
  expect(failed.length).toBeLessThanOrEqual(10);
  expect(await world.service.view(job.id)).toMatchObject({
    state: 'failed',
    enabled: false,
    failures: 10,
    next: [],
  });
  expect([...world.notices.values()]).toEqual([
    expect.stringMatching(/“broken” failed 10 times in a row.*The provider is down\..*mobyclaw cron resume/s),
  ]);
  world.answer = () => done('back');
  await world.service.change(job.id, { enabled: true });
  await pass(MINUTE);
  expect(await world.service.view(job.id)).toMatchObject({ state: 'active', failures: 0 });
});

test('failures back off: the pause before the next try doubles', async () => {
  const { world, pass } = scheduleWorld();
  await world.create({ name: 'broken', every: '1m', prompt: 'Look.', retries: 0 });
  world.answer = () => failure(false);
  await pass(3 * DAY);
  const at = [...world.turns.values()].map((turn) => turn.at);
  const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(pauses).toHaveLength(9);
  for (const [index, pauseMs] of pauses.entries()) {
    expect(pauseMs).toBeGreaterThanOrEqual(Math.min(HOUR, MINUTE * 2 ** index) / 2);
    expect(pauseMs).toBeLessThanOrEqual(Math.min(HOUR, MINUTE * 2 ** index) + MINUTE);
  }
});

test('an answer that cannot be delivered is kept and sent later; the model is not asked again', async () => {
  const { world, pass, record } = scheduleWorld();
  const job = await world.create({ name: 'p', cron: '0 13 * * *', prompt: 'Look.' });
  world.beforeDelivery = () => {
    throw new Error('The platform does not answer.');
  };
  await pass(6 * HOUR);
  expect(world.service.history(job.id, 1)).toMatchObject([
    {
      state: 'delivering',
      text: 'the answer',
      delivery: { state: 'pending', error: 'The platform does not answer.' },
    },
  ]);
  world.restart();
  await pass(HOUR);
  expect(world.turns.size).toBe(1);
  world.beforeDelivery = () => undefined;
  await pass(HOUR);
  expect(record(job.id)).toEqual(['2026-10-01T11:00 succeeded']);
  expect(world.turns.size).toBe(1);
  expect(world.sent.size).toBe(1);
});

test('a channel that refuses for good ends the run at once, and counts as a failure', async () => {
  const { world, pass } = scheduleWorld();
  const job = await world.create({ name: 'p', every: '1h', message: 'x' });
  world.beforeDelivery = () => {
    throw new DeliveryRefusedError('The bot was blocked.');
  };
  await pass(HOUR);
  expect(world.service.history(job.id, 1)).toMatchObject([
    { outcome: 'undelivered', delivery: { state: 'failed', error: 'The bot was blocked.' } },
  ]);
  const lastFailure = { outcome: 'undelivered', detail: 'The bot was blocked.' };
  expect(await world.service.view(job.id)).toMatchObject({ failures: 1, lastFailure });
});

test('overlap skip leaves out, queue waits, parallel runs beside in a conversation of its own', async () => {
  const { world, pass, record } = scheduleWorld();
  const { answer, release } = held();
  world.answer = answer;
  const make = (overlap: 'skip' | 'queue' | 'parallel') =>
    world.create({ name: overlap, every: '1h', prompt: overlap, overlap, count: 2 });
  const [skip, queue, parallel] = [await make('skip'), await make('queue'), await make('parallel')];
  await pass(HOUR);
  await pass(HOUR);
  const sessionsOf = (name: string): string[] =>
    [...world.turns.values()]
      .map(({ prompt }) => prompt)
      .filter(({ prompt }) => prompt === name)
      .map(({ session }) => session);
  expect(sessionsOf('skip')).toEqual([`cron:${skip.id}`]);
  expect(sessionsOf('queue')).toEqual([`cron:${queue.id}`]);
  expect(sessionsOf('parallel')).toEqual([
    `cron:${parallel.id}`,
    expect.stringMatching(`^cron:${parallel.id}-[0-9a-z]+$`),
  ]);
  expect(record(skip.id)).toEqual(['2026-10-01T11:00 running', '2026-10-01T12:00 skipped']);
  expect(record(queue.id)).toEqual(['2026-10-01T11:00 running', '2026-10-01T12:00 waiting']);
  for (let run = 0; run < 4; run++) release(done('ok'));
  await pass(1000);
  release(done('ok'));
  await pass(1000);
  expect(record(queue.id)).toEqual(['2026-10-01T11:00 succeeded', '2026-10-01T12:00 succeeded']);
  expect(record(parallel.id)).toEqual(['2026-10-01T11:00 succeeded', '2026-10-01T12:00 succeeded']);
});

test('a run that waits for its next attempt is at work: what comes meanwhile waits behind it', async () => {
  const { world, pass, record } = scheduleWorld();
  let failures = 3;
  world.answer = () => (failures-- > 0 ? failure(true) : done('at last'));
  const queue = { name: 'q', cron: '5 12-13 * * *', prompt: 'x', overlap: 'queue' as const, retries: 3 };
  const job = await world.create(queue);
  await pass(5 * MINUTE + 1000);
  expect(world.service.history(job.id, 1)).toMatchObject([{ state: 'retrying', attempt: 1 }]);
  expect(world.service.runNow(job.id)?.state).toBe('waiting');
  for (let asked = world.turns.size; asked < 4; asked = world.turns.size) {
    await pass(1000);
    const states = world.store.jobRuns.openOf(job.id).map(({ state }) => state);
    expect(states.filter((state) => state !== 'waiting').length).toBeLessThanOrEqual(1);
  }
  await pass(1000);
  expect([...world.turns.values()].map(({ prompt }) => prompt.key.replace(/^.*@/, ''))).toEqual([
    '2026-10-01T10:05:00.000Z',
    '2026-10-01T10:05:00.000Z#2',
    '2026-10-01T10:05:00.000Z#3',
    '2026-10-01T10:05:00.000Z#4',
    expect.stringMatching(/^manual-/),
  ]);
  expect(record(job.id).map((line) => line.slice(17))).toEqual(['succeeded', 'succeeded']);
});

test('stopped for good: nothing is claimed, asked or told any more, whatever was under way', async () => {
  const { world, pass, clock } = scheduleWorld();
  const { answer, release } = held();
  world.answer = answer;
  const job = await world.create({ name: 'p', every: '1h', prompt: 'x', overlap: 'queue' });
  await pass(HOUR);
  expect(world.turns.size).toBe(1);
  world.engine.changed();
  world.engine.stop();
  world.service.runNow(job.id);
  world.engine.changed();
  release(done('an answer that comes after the stop'));
  // A timer that went on would go on for ever: so it is looked at as long as it would take to claim the next slot.
  await clock.advanceTo(clock.now() + 2 * HOUR);
  expect(world.sent.size).toBe(0);
  expect(world.turns.size).toBe(1);
  expect(world.store.jobRuns.history(job.id, 10)).toHaveLength(2); // the one that was under way, the one by hand
});

test('a job edited while it runs: the run goes on as it began, the edit counts from the next slot', async () => {
  const { world, pass } = scheduleWorld();
  const { answer, release } = held();
  world.answer = answer;
  const job = await world.create({ name: 'p', every: '1h', prompt: 'old', channel: 'slack:dm:OLD' });
  await pass(HOUR);
  const edited = await world.service.change(job.id, {
    prompt: 'new',
    channel: 'slack:dm:NEW',
    cron: '15 * * * *',
  });
  expect(edited?.next?.[0]).toBe('2026-10-01T11:15:00.000Z');
  release(done('answer to the old one'));
  await pass(MINUTE);
  expect([...world.sent.values()]).toMatchObject([
    { channel: 'slack:dm:OLD', text: 'answer to the old one' },
  ]);
  await pass(15 * MINUTE);
  release(done('answer to the new one'));
  await pass(MINUTE);
  expect([...world.turns.values()].map(({ prompt }) => prompt.prompt)).toEqual(['old', 'new']);
  expect([...world.sent.values()].at(-1)).toMatchObject({ channel: 'slack:dm:NEW' });
});

test('a job deleted while it runs leaves nothing behind', async () => {
  const { world, pass } = scheduleWorld();
  const { answer, release } = held();
  world.answer = answer;
  const job = await world.create({ name: 'p', every: '1h', prompt: 'x' });
  await pass(HOUR);
  expect(world.service.delete(job.id)).toBe(true);
  release(done('too late'));
  await pass(3 * HOUR);
  expect(world.sent.size).toBe(0);
  expect(world.store.jobRuns.open()).toEqual([]);
  expect(world.service.list()).toEqual([]);
});

test('a pause misses nothing that counts: nothing runs meanwhile, and nothing is made up for', async () => {
  const { world, pass, sentAt } = scheduleWorld();
  const job = await world.create({ name: 'm', cron: '0 * * * *', message: 'x', misfire: 'all' });
  await world.service.change(job.id, { enabled: false });
  expect(await world.service.view(job.id)).toMatchObject({ state: 'paused', next: [] });
  await pass(5 * HOUR);
  await world.service.change(job.id, { enabled: true });
  await pass(HOUR);
  expect(sentAt()).toEqual(['2026-10-01T16:00']);
});

test('it ends after its count, at its end date, and after its single time', async () => {
  const { world, pass } = scheduleWorld();
  const jobs = await Promise.all([
    world.create({ name: 'count', every: '1h', message: 'c', count: 3 }),
    world.create({ name: 'until', every: '1h', message: 'u', until: '2026-10-01T14:00' }),
    world.create({ name: 'at', at: '2026-10-01T12:30', message: 'a' }),
  ]);
  expect(jobs.map(({ next }) => next?.length)).toEqual([3, 2, 1]);
  await pass(DAY);
  const texts = [...world.sent.values()].map(({ text }) => text).join('');
  expect(texts).toBe('acucuc');
  for (const { id } of jobs)
    expect(await world.service.view(id)).toMatchObject({ state: 'finished', next: [] });
});

test('run by hand: besides its schedule, not while it is at work', async () => {
  const { world, pass } = scheduleWorld();
  const { answer, release } = held();
  world.answer = answer;
  const job = await world.create({ name: 'p', every: '1h', prompt: 'x' });
  expect(world.service.runNow(job.id)).toMatchObject({ trigger: 'manual', state: 'running' });
  await pass(MINUTE);
  expect(() => world.service.runNow(job.id)).toThrow(/“p” is running/);
  release(done('by hand'));
  await pass(MINUTE);
  expect([...world.sent.values()]).toMatchObject([{ text: 'by hand' }]);
  expect(await world.service.view(job.id)).toMatchObject({ runs: 0, nextRun: '2026-10-01T11:00:00.000Z' });
});

test('looking changes nothing', async () => {
  const { world, clock } = scheduleWorld();
  const job = await world.create({ name: 'm', cron: '0 * * * *', message: 'x' });
  world.kill();
  clock.jump(DAY);
  world.restart();
  const before = world.store.jobs.find(job.id);
  world.service.list();
  await world.service.view(job.id);
  world.service.history(job.id, 10);
  expect(world.store.jobs.find(job.id)).toEqual(before);
});

test('what makes no sense is refused, and an edit that is refused changes nothing', async () => {
  const { world } = scheduleWorld();
  const base = { name: 'x', message: 'x' };
  await expect(world.create({ ...base, at: '2026-09-01T09:00' })).rejects.toThrow(
    /has passed, on 2026-09-01/,
  );
  await expect(world.create({ name: 'x', every: '1h' })).rejects.toThrow(/a message.* or a prompt/);
  await expect(world.create({ ...base, every: '1h', until: '2026-10-01T12:30' })).rejects.toThrow(
    /never run/,
  );
  await expect(world.create({ ...base, every: '1h', maxAge: 'long' })).rejects.toThrow(
    /maxAge: .*not a duration/,
  );
  const job = await world.create({ ...base, cron: '0 7 * * *', count: 2 });
  const before = await world.service.view(job.id);
  await expect(world.service.change(job.id, { name: 'y', cron: '0 7 30 2 *' })).rejects.toThrow(
    /never happens/,
  );
  await expect(world.service.change(job.id, { message: null })).rejects.toThrow(/a message.* or a prompt/);
  await expect(world.service.change(job.id, { timeZone: 'Berlin' })).rejects.toThrow(/Europe\/Berlin/);
  expect(await world.service.view(job.id)).toEqual(before);
  expect(await world.service.change(job.id, { count: null, timeZone: 'Asia/Tokyo' })).toMatchObject({
    timeZone: 'Asia/Tokyo',
    next: ['2026-10-01T22:00:00.000Z', expect.any(String), expect.any(String)],
  });
});

test('ten thousand jobs: all fire, each once and at its slot', async () => {
  const { world, clock, pass } = scheduleWorld();
  const now = clock.now();
  world.store.transaction('relaxed', () => {
    for (let index = 0; index < 10_000; index++) {
      const at = now + MINUTE + (index % 600) * 100;
      const schedule = { kind: 'at', at } as const;
      const rest = { prompt: null, channel: null, origin: null, session: 'keep', misfire: 'once' } as const;
      const limits = { maxAge: null, overlap: 'skip', until: null, count: null, retries: 0 } as const;
      const definition = { name: 'x', schedule, timeZone: 'UTC', message: 'x', ...rest, ...limits };
      world.store.jobs.insert(`job-${index}`, definition, true, at, now);
    }
  });
  world.restart();
  await pass(3 * MINUTE);
  expect(world.sent.size).toBe(10_000);
  const late = [...world.sent.values()].map(
    ({ key, at }) => at - Date.parse(key.slice(key.indexOf('@') + 1)),
  );
  expect(Math.max(...late)).toBe(0);
});
