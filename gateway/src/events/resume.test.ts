import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

test('a client that loses its stream again and again misses nothing and gets nothing twice', async () => {
  const moby = await openHarness();
  const { turn, stream } = await moby.start('tokens=200 interval=1ms tool=memory_append');
  const seen: NumberedEvent[] = [];
  let current = stream;
  let taken = 0;
  for (let drop = 1; drop < 40; drop++) {
    for (let count = 0; count < (drop * 7) % 11; count++) if (!(await current.next())) break;
    current.leave();
    seen.push(...current.events.slice(taken));
    current = moby.follow(turn, seen.at(-1)?.id ?? 0);
    taken = 0;
  }
  await current.all();
  seen.push(...current.events);
  const whole = await moby.follow(turn).all();
  expect(seen.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  expect(seen).toEqual(whole);
});

test('Last-Event-ID is heeded, and a finished turn can still be read', async () => {
  const moby = await openHarness();
  const { body } = await moby.ask('tokens=10');
  const all = await moby.follow(body.turn).all();
  const rest = await moby.call('GET', `/api/turns/${body.turn}/events`, {
    headers: { 'last-event-id': String(all.at(-2)?.id) },
  });
  expect(rest.body).toMatch(/^id: \d+\nevent: done\n/);
});
