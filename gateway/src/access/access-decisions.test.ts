/** Closing a group: which rows go, and what is ended with them, with a disk that does not take it. */
import { join } from 'node:path';
import { createLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../store/database.ts';
import { Store } from '../store/store.ts';
import type { EventListener } from '../turns/event-log.ts';
import { Access } from './access.ts';
import { AccessDecisions } from './access-decisions.ts';

const GROUP = 'discord:channel:1';
const THREAD = 'discord:channel:7';
const OTHER_THREAD = 'discord:channel:8';

function setUp() {
  const clock = new ManualClock();
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const owners = { telegram: [], discord: [], slack: [], whatsapp: [] };
  const access = new Access({ access: store.access, clock, owners });
  const cancelled: string[] = [];
  const followers = new Map<string, EventListener>();
  const logged: string[] = [];
  const decisions = new AccessDecisions({
    store,
    access,
    turns: {
      cancel(id) {
        cancelled.push(id);
        return null;
      },
      follow(id, _after, listener) {
        followers.set(id, listener);
        return () => undefined;
      },
    },
    jobs: { shutOut: () => 0 },
    wake: () => undefined,
    clock,
    logger: createLogger('test', 'info', { write: (line) => void logged.push(line) }),
  });
  return {
    clock,
    store,
    decisions,
    cancelled,
    logged,
    open: () => store.access.groups().map(({ channel }) => channel),
    waits(id: string, channel: string): void {
      const said = { id, session: channel, source: 'channel', sender: 'discord:5', prompt: 'hi' } as const;
      const deliverTo = { channel };
      store.turns.insert({ ...said, attachments: [], queueMode: null, deliverTo, createdAt: clock.now() });
    },
    ends(id: string, session: string): void {
      const data = { turn: id, session, text: 'the answer', usage: null };
      followers.get(id)?.({ id: 1, type: 'done', data });
    },
  };
}

test('a thread that was opened before it was known where it is can be closed, and nothing else is', () => {
  const { store, decisions, cancelled, open, waits } = setUp();
  decisions.allowGroup(THREAD, true);
  store.access.noteThread(THREAD, GROUP);
  store.access.noteThread(OTHER_THREAD, GROUP);
  waits('in the thread', THREAD);
  waits('beside it', OTHER_THREAD);
  expect(decisions.closeGroup(THREAD)).toBe(0);
  expect(open()).toEqual([]);
  expect(cancelled).toEqual(['in the thread']);
  expect(decisions.closeGroup(THREAD)).toBeNull();
});

test('a thread that is open by itself is closed together with its group', () => {
  const { store, decisions, cancelled, open, waits } = setUp();
  decisions.allowGroup(THREAD, true);
  store.access.noteThread(THREAD, GROUP);
  store.access.noteThread(OTHER_THREAD, GROUP);
  decisions.allowGroup(GROUP, true);
  waits('in the thread', THREAD);
  waits('beside it', OTHER_THREAD);
  expect(decisions.closeGroup(THREAD)).toBe(0);
  expect(open()).toEqual([]);
  expect(cancelled).toEqual(['in the thread', 'beside it']);
});

test('what a turn says at its end is not sent to a closed group', async () => {
  const { store, clock, decisions, waits, ends } = setUp();
  decisions.allowGroup(GROUP, true);
  waits('t', GROUP);
  decisions.closeGroup(GROUP);
  const row = { id: 'd', channel: GROUP, replyTo: null, turn: 't', kind: 'answer' } as const;
  store.outbox.insert({ ...row, text: 'the answer', createdAt: clock.now() });
  ends('t', GROUP);
  await Promise.resolve();
  expect(store.outbox.waitingChannels()).toEqual([]);
});

test('where the disk does not take that, the gateway goes on, and the log says so', async () => {
  const { store, decisions, logged, waits, ends } = setUp();
  decisions.allowGroup(GROUP, true);
  waits('t', GROUP);
  decisions.closeGroup(GROUP);
  store.outbox.endOf = () => {
    throw new StoreError('full', 'the disk is full');
  };
  ends('t', GROUP);
  await Promise.resolve(); // an error that nobody catches fails the run
  expect(logged.join()).toContain('could not be held back');
});
