/** Background prompts as turns: what ends the run of a schedule ends its turn at the agent, too. */

import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openStore, turnOf } from '../store/testing/open-store.ts';
import { openHarness } from '../testing/harness.ts';
import { ConversationReset } from './conversation-reset.ts';
import type { InboundMessage } from './inbox.ts';
import { turnPrompts } from './turn-prompts.ts';

/** The prompts of schedules over a real store; what they hand on is noted. */
function prompts() {
  const store = openStore();
  const accepted: InboundMessage[] = [];
  const accept = async (message: InboundMessage) => {
    accepted.push(message);
    const id = `turn ${accepted.length}`;
    store.turns.insert(turnOf(id, { session: message.session }));
    store.turns.insertInboxEntry(message.key ?? '', { turn: id, bodyHash: '' }, 0);
    return { turn: { id } } as never;
  };
  const turns = { accept, ended: async () => undefined as never, cancel: () => undefined as never };
  const resets = new ConversationReset({
    store,
    timeZone: 'UTC',
    idleMs: null,
    daily: null,
    shortening: null,
    onReset: () => undefined,
  });
  const prompt = {
    session: 'cron:water',
    source: 'cron',
    prompt: 'Water.',
    notes: ['A note.'],
    guest: false,
    fresh: true,
    repeats: [],
  };
  const { accept: ask, outcome } = turnPrompts({ store, turns, resets, now: () => 9 });
  return {
    store,
    accepted,
    outcome,
    ask: (key: string, more = {}) => ask({ ...prompt, key, ...more } as never),
  };
}

test('a conversation that is to begin anew each time does so from the second time on, and a repeat changes nothing', async () => {
  const { store, accepted, ask } = prompts();
  const markers = () => store.messages.recent('cron:water', 9).filter(({ role }) => role === 'marker').length;
  expect(await ask('one')).toBe('turn 1');
  expect(markers()).toBe(0); // nothing was said yet
  store.messages.insert({ session: 'cron:water', turn: 'turn 1', role: 'user', text: 'Water.', at: 1 });
  expect(await ask('one')).toBe('turn 1'); // asked again after a crash
  expect([accepted.length, markers()]).toEqual([1, 0]);
  await ask('two', { fresh: false });
  expect(markers()).toBe(0);
  await ask('three');
  expect(markers()).toBe(1);
  expect(accepted.at(-1)).toMatchObject({
    key: 'three',
    sender: 'schedule',
    queueMode: 'followup',
    notes: ['A note.'],
  });
});

test('a prompt that failed before is asked with a word about it, and about what may have been done', async () => {
  const { store, accepted, ask } = prompts();
  await ask('one');
  await ask('two', { repeats: ['one', 'never asked'] });
  expect(accepted.at(-1)?.notes).toEqual(['A note.', expect.stringContaining('asked before')]);
  const seq = Number(store.turns.find('turn 1')?.seq);
  const data = JSON.stringify({ id: 'c', name: 'send_mail', label: '', phase: 'end', ok: true });
  store.events.insert([{ turn: seq, id: 1, type: 'tool', data }]);
  await ask('three', { repeats: ['one'] });
  expect(accepted.at(-1)?.notes?.at(-1)).toContain('send_mail');
});

test('what came of a prompt: its answer, its error, or that nobody knows any more', async () => {
  const { store, ask, outcome } = prompts();
  const error = { code: 'model_error', message: 'It broke.', retryable: true };
  const states = ['done', 'failed', 'cancelled'] as const;
  for (const state of states) {
    const id = await ask(state);
    store.turns.finish(id, {
      state,
      finishedAt: 1,
      answer: state === 'done' ? 'Watered.' : null,
      error: state === 'done' ? null : error,
      usage: null,
    });
    expect(await outcome(id)).toEqual({
      state,
      text: state === 'done' ? 'Watered.' : '',
      error: state === 'done' ? null : error,
      usage: null,
    });
  }
  expect(await outcome('never there')).toMatchObject({
    state: 'failed',
    error: { code: 'gone', retryable: false },
  });
});

test('a job that is deleted while its prompt is worked on stops the turn', async () => {
  const moby = await openHarness();
  const job = { name: 'p', cron: '0 7 1 1 *', prompt: 'silence=2', channel: 'cli:main' };
  const { id } = (await moby.call('POST', '/api/jobs', { body: job })).body;
  await moby.call('POST', `/api/jobs/${id}/run`);
  const turn = await until('the run', () => moby.agent?.stats().runs[0]?.turn);
  await until('its turn to be known to the job', async () => {
    const [run] = (await moby.call('GET', `/api/jobs/${id}/runs`)).body.items;
    return run?.state === 'running' && run.turn === turn;
  });
  expect((await moby.call('DELETE', `/api/jobs/${id}`)).status).toBe(204);
  await until('the end of the turn', () => moby.agent?.stats().runs[0]?.end === 'cancelled');
  expect((await moby.call('GET', `/api/turns/${turn}`)).body).toMatchObject({
    state: 'cancelled',
    error: { code: 'cancelled' },
  });
});
