/** The record of beats is bounded; a beat that has not ended is no record yet. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';

function openStore() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const { heartbeat, messages } = store;
  const beat = (slot: number, ended = true): number => {
    const seq = heartbeat.claim(slot, 'schedule', slot)?.seq;
    if (seq === undefined) throw new Error(`slot ${slot} was claimed before`);
    if (ended) heartbeat.update(seq, { state: 'ended', outcome: 'quiet', finishedAt: slot });
    return seq;
  };
  return { heartbeat, messages, beat };
}

test('the newest beats are kept, and those that have not ended however old they are', () => {
  const { heartbeat, beat } = openStore();
  beat(1);
  beat(2, false);
  heartbeat.update(beat(3, false), { state: 'delivering', text: 'The disk is full.' });
  for (const slot of [4, 5, 6, 7]) beat(slot);
  heartbeat.prune(3);
  expect(heartbeat.history(10).map(({ slot }) => slot)).toEqual([7, 6, 5, 3, 2]);
  expect(heartbeat.open().map(({ slot, state }) => [slot, state])).toEqual([
    [2, 'asking'],
    [3, 'delivering'],
  ]);
  heartbeat.prune(3);
  expect(heartbeat.history(10)).toHaveLength(5);
});

test('fewer than are kept stay all', () => {
  const { heartbeat, beat } = openStore();
  for (const slot of [1, 2]) beat(slot);
  heartbeat.prune(2);
  expect(heartbeat.history(10)).toHaveLength(2);
});

test('a slot is claimed once', () => {
  const { heartbeat } = openStore();
  expect(heartbeat.claim(1, 'schedule', 5)).toMatchObject({ slot: 1, state: 'asking', startedAt: 5 });
  expect(heartbeat.claim(1, 'manual', 6)).toBeNull();
});

test('only what somebody wrote to Moby is news', () => {
  const { heartbeat, messages } = openStore();
  const say = (session: string, role: 'user' | 'assistant') =>
    messages.insert({ session, turn: 't', role, text: 'x', at: 0 });
  expect(heartbeat.newestMessage()).toBe(0);
  const said = say('telegram:dm:1', 'user');
  say('telegram:dm:1', 'assistant');
  for (const own of ['cron:1', 'heartbeat:main', 'webhook:h']) say(own, 'user');
  expect(heartbeat.newestMessage()).toBe(said);
});
