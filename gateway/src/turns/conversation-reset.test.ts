import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { Store } from '../store/store.ts';
import { ConversationReset, type ConversationResetOptions } from './conversation-reset.ts';

const SESSION = 'api:default';
const TURN = { session: SESSION, source: 'api' };
const HOUR_MS = 3_600_000;

function setUp(options: Partial<ConversationResetOptions>, lastMessageAt: number) {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  store.sessions.touch(SESSION, lastMessageAt);
  store.sessions.setAgentSession(SESSION, 'agent-1');
  store.messages.insert({ session: SESSION, turn: 't', role: 'user', text: 'hi', at: lastMessageAt });
  const resets = new ConversationReset({
    store,
    timeZone: 'Europe/Berlin',
    idleMs: null,
    daily: null,
    shortening: null,
    onReset: () => undefined,
    ...options,
  });
  return { store, resets, agentSession: () => store.sessions.find(SESSION)?.agentSession };
}

test('nothing resets by itself unless it is asked to', () => {
  const { resets, agentSession } = setUp({}, 0);
  resets.applyDue(TURN, 365 * 24 * HOUR_MS);
  expect(agentSession()).toBe('agent-1');
});

test('idle: after so long without a message, not a moment before', () => {
  const { resets, agentSession } = setUp({ idleMs: 4 * HOUR_MS }, 0);
  resets.applyDue(TURN, 4 * HOUR_MS - 1);
  expect(agentSession()).toBe('agent-1');
  resets.applyDue(TURN, 4 * HOUR_MS);
  expect(agentSession()).toBeNull();
});

test.each([
  // Berlin is UTC+1 in November: 04:00 there is 03:00 UTC.
  ['yesterday evening, now after four', '2026-11-20T20:00Z', '2026-11-21T03:01Z', null],
  ['this night before four, now before four', '2026-11-21T01:00Z', '2026-11-21T02:59Z', 'agent-1'],
  ['after four today, now evening', '2026-11-21T03:30Z', '2026-11-21T22:00Z', 'agent-1'],
  ['the night in which clocks go forward', '2026-03-28T20:00Z', '2026-03-29T02:01Z', null],
])('daily at 04:00 local time: %s', (_, last, now, expected) => {
  const { resets, agentSession } = setUp({ daily: { hour: 4, minute: 0 } }, Date.parse(last));
  resets.applyDue(TURN, Date.parse(now));
  expect(agentSession()).toBe(expected);
});

test('the recent exchanges are carried over unless a clean slate is asked for', () => {
  const { store, resets } = setUp({}, 0);
  resets.reset(SESSION, true, 1);
  expect(store.sessions.find(SESSION)?.seedFrom).toBe(0);
  resets.reset(SESSION, false, 2);
  const seedFrom = store.sessions.find(SESSION)?.seedFrom ?? 0;
  expect(store.messages.recent(SESSION, 10, { after: seedFrom })).toEqual([]);
  expect(store.messages.recent(SESSION, 10).map(({ role }) => role)).toEqual(['user', 'marker', 'marker']);
});

test('what Moby sends by himself does not put a reset off', () => {
  const { store, resets, agentSession } = setUp({ idleMs: 4 * HOUR_MS }, 0);
  const brief = { session: SESSION, turn: 'd', role: 'assistant' as const, text: 'Good morning.' };
  store.messages.insert({ ...brief, sentBy: 'scheduled job "brief"', at: 3 * HOUR_MS });
  resets.applyDue(TURN, 4 * HOUR_MS);
  expect(agentSession()).toBeNull();
});

describe('one conversation of a schedule or a webhook', () => {
  const KEY = 'cron:daily';
  const asked = (store: Store, runs: number, text = 'What is new?'): void => {
    for (let run = 0; run < runs; run++) {
      store.messages.insert({ session: KEY, turn: `t${run}`, role: 'user', text, at: run });
      store.messages.insert({ session: KEY, turn: `t${run}`, role: 'assistant', text: 'Nothing.', at: run });
    }
  };
  const begun = (runs: number, text?: string, source = 'cron') => {
    const { store, resets } = setUp({}, 0);
    store.sessions.touch(KEY, 0);
    store.sessions.setAgentSession(KEY, 'agent-2');
    asked(store, runs, text);
    resets.applyDue({ session: KEY, source }, 1);
    return store.sessions.find(KEY);
  };

  test('begins anew after twenty runs, with the last exchanges carried over', () => {
    expect(begun(19)).toMatchObject({ agentSession: 'agent-2' });
    expect(begun(20)).toMatchObject({ agentSession: null, seedFrom: 0 });
  });

  test('begins anew where it has become long', () => {
    expect(begun(3, 'x'.repeat(40_000))).toMatchObject({ agentSession: null, seedFrom: 0 });
  });

  test('is not that of a person, who may write in it', () => {
    expect(begun(30, undefined, 'cli')).toMatchObject({ agentSession: 'agent-2' });
  });
});
