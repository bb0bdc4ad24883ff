/** A chat whose messages were left behind under its old name: what is under way there begins as new ones, and only there. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { NewPart } from './outbox-store.ts';
import { Store } from './store.ts';

const OLD = 'telegram:group:-7';
const NEW = 'telegram:group:-1007';
const OTHER = 'telegram:group:-8';

function inAllChats() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const part = { text: 'x', plain: 'x' };
  const planned = { part, nonce: 'n', dueAt: 0 };
  const parts: NewPart[] = [
    { ...planned, number: 0, action: 'edit', message: 'm0', state: 'sent' },
    { ...planned, number: 1, action: 'edit', message: 'm1', state: 'pending' },
    { ...planned, number: 2, action: 'remove', message: 'm2', state: 'pending' },
    { ...planned, number: 3, action: 'send', message: null, state: 'pending' },
  ];
  for (const [name, channel] of [
    ['here', OLD],
    ['topic', `${OLD}:topic:3`],
    ['elsewhere', OTHER],
  ] as const) {
    const { turns, outbox } = store;
    const said = {
      source: 'telegram',
      sender: 'owner',
      prompt: 'p',
      attachments: [],
      queueMode: null,
      createdAt: 0,
    };
    const deliverTo = { channel, replyTo: '7' };
    turns.insert({ id: name, session: channel, ...said, deliverTo });
    turns.insert({ id: `${name}, done`, session: channel, ...said, deliverTo });
    const end = { state: 'done', finishedAt: 1, answer: '', error: null, usage: null } as const;
    turns.finish(`${name}, done`, end);
    outbox.insert({ id: name, channel, replyTo: '7', turn: name, kind: 'answer', text: 'x', createdAt: 0 });
    outbox.split(outbox.find(name)?.seq ?? 0, parts);
    outbox.setLive(name, channel, { number: 0, message: 'm0', shown: 's', nonce: null, begunAt: 0 });
  }
  const now = (name: string) => {
    const delivery = store.outbox.find(name);
    return {
      channel: delivery?.channel,
      repliesTo: delivery?.replyTo,
      turnRepliesTo: store.turns.find(name)?.deliverTo?.replyTo,
      doneRepliesTo: store.turns.find(`${name}, done`)?.deliverTo?.replyTo,
      parts: store.outbox
        .parts(delivery?.seq ?? 0)
        .map(({ action, message, state }) => `${action} ${message} ${state}`),
      live: store.outbox.hasLive(name),
    };
  };
  return { store, now };
}

const before = {
  repliesTo: '7',
  turnRepliesTo: '7',
  doneRepliesTo: '7',
  parts: ['edit m0 sent', 'edit m1 pending', 'remove m2 pending', 'send null pending'],
  live: true,
};

test('edits become new messages, removals are over, and nothing replies to what is not there', () => {
  const { store, now } = inAllChats();
  store.transaction('durable', () => store.names.rename({ from: OLD, to: NEW, newMessages: true, at: 1 }));
  const moved = {
    repliesTo: null,
    turnRepliesTo: undefined,
    doneRepliesTo: '7', // of which nothing more is sent
    parts: ['edit m0 sent', 'send null pending', 'remove m2 sent', 'send null pending'],
    live: false,
  };
  expect(now('here')).toEqual({ ...moved, channel: NEW });
  expect(now('topic')).toEqual({ ...moved, channel: `${NEW}:topic:3` });
  expect(now('elsewhere')).toEqual({ ...before, channel: OTHER });
});

test('where its messages have moved with it, all goes on as it was', () => {
  const { store, now } = inAllChats();
  store.transaction('durable', () => store.names.rename({ from: OLD, to: NEW, newMessages: false, at: 1 }));
  expect(now('here')).toEqual({ ...before, channel: NEW });
  expect(now('topic')).toEqual({ ...before, channel: `${NEW}:topic:3` });
  expect(now('elsewhere')).toEqual({ ...before, channel: OTHER });
});
