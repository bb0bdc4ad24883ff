import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Access } from '../access/access.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { StrangerNotices } from '../access/stranger-notices.ts';
import type { IncomingMessage } from '../channels/channel.ts';
import { usableCommand } from '../commands/commands.ts';
import { StoreError } from '../store/database.ts';
import { Store } from '../store/store.ts';
import { Arrivals } from './arrivals.ts';

const ALICE = { id: '42', name: 'Alice', bot: false }; // the owner
const HOME = 'telegram:dm:42';

function open(options: { maxPages?: number } = {}) {
  const store = new Store(join(temporaryFolder(), 'gateway.db'), options);
  onTestFinished(() => store.close());
  const clock = new ManualClock();
  const access = new Access({
    access: store.access,
    clock,
    owners: { telegram: [ALICE.id], discord: [], slack: [], whatsapp: [] },
  });
  const arrived: string[] = [];
  const arrivals = new Arrivals({
    store,
    access,
    clock,
    rateLimit: new RateLimit(clock),
    strangerNotices: new StrangerNotices({ clock, ownerChannel: () => access.lastOwnerChannel(() => true) }),
    commandOf: usableCommand,
    onArrived: (_platform, _seq, { text }) => arrived.push(text),
    onNotice: () => undefined,
    onMoved: () => undefined,
  });
  const notices = (channel: string): string[] => {
    const texts: string[] = [];
    for (let head = store.outbox.head(channel); head; head = store.outbox.head(channel)) {
      texts.push(head.text);
      store.outbox.done(head.seq, clock.now());
    }
    return texts;
  };
  return { store, clock, access, arrivals, arrived, notices };
}

let lastId = 0;

function message(text: string, more: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    type: 'message',
    account: '1',
    channel: HOME,
    kind: 'direct',
    messageId: String(++lastId),
    sender: ALICE,
    sentAt: Date.UTC(2026, 0, 1),
    text,
    addressed: true,
    files: [],
    ...more,
  };
}

function stranger(id: string, text = 'hello'): IncomingMessage {
  return message(text, { sender: { id, name: `S${id}`, bot: false }, channel: `telegram:dm:${id}` });
}

test('a message that the disk refused forty times is taken when there is room again', async () => {
  const { arrivals, arrived, store } = open({ maxPages: 100 });
  const said = message('the one that counts');
  const tooLarge = message('x'.repeat(2_000_000), { sender: { ...ALICE, id: '43' }, channel: HOME });
  store.access.approve(
    {
      code: 'X',
      platform: 'telegram',
      user: '43',
      name: 'Bea',
      channel: 'telegram:dm:43',
      rejected: false,
      createdAt: 0,
      expiresAt: 0,
    },
    'guest',
    0,
  );
  for (let index = 0; index < 40; index++) {
    const both = [arrivals.receive('telegram', said), arrivals.receive('telegram', tooLarge)];
    for (const result of await Promise.allSettled(both)) {
      expect(result).toMatchObject({ reason: expect.any(StoreError) });
    }
  }
  await arrivals.receive('telegram', said);
  expect(arrived).toEqual(['the one that counts']);
});

test('a code that the disk did not take was told to nobody: the next message asks anew', async () => {
  const { arrivals, notices, store } = open({ maxPages: 100 });
  await arrivals.receive('telegram', message('I was here'));
  const said = stranger('7');
  for (let index = 0; index < 40; index++) {
    const both = [arrivals.receive('telegram', said), arrivals.receive('telegram', message('x'.repeat(2e6)))];
    await Promise.allSettled(both);
  }
  await arrivals.receive('telegram', said);
  expect(notices('telegram:dm:7')).toEqual([expect.stringContaining('Your code is')]);
  expect(notices(HOME)).toEqual([expect.stringContaining('wants to talk to me')]);
  expect(store.access.pairings(0)).toHaveLength(1);
});

test('three hundred messages of strangers leave no more rows than three codes need', async () => {
  const { arrivals, notices, store } = open();
  const all = Array.from({ length: 300 }, (_, index) => stranger(String(100 + (index % 30)), `m${index}`));
  await Promise.all(all.map((one) => arrivals.receive('telegram', one)));
  expect(all.filter((one) => store.arrivals.has(`telegram:1:${one.channel}:${one.messageId}`))).toHaveLength(
    3,
  );
  const told = all.slice(0, 30).map(({ channel }) => notices(channel));
  expect(told.flat().filter((text) => text.includes('Your code is'))).toHaveLength(3);
  expect(told.flat().filter((text) => text.includes('write again in an hour'))).toHaveLength(10);
});

test('the owner hears of each who asks, and once an hour that more ask than may wait', async () => {
  const { arrivals, clock, notices } = open();
  await arrivals.receive('telegram', message('I was here'));
  for (const id of ['1', '2', '3', '4', '5']) await arrivals.receive('telegram', stranger(id));
  const heard = notices(HOME);
  expect(heard).toHaveLength(4);
  expect(heard[0]).toMatch(/^`S1` \(`telegram:1`\) wants to talk to me; the code is \*\*\w{8}\*\*/);
  expect(heard[3]).toContain('More people on telegram ask');
  clock.jump(3_600_001);
  for (let index = 0; index < 50; index++) await arrivals.receive('telegram', stranger(`9${index}`));
  expect(notices(HOME)).toHaveLength(4);
});

test('names are shown as what they are, whatever is in them', async () => {
  const { arrivals, notices } = open();
  await arrivals.receive('telegram', message('I was here'));
  const name = 'Bob` [click](https://evil.example)\n# Owner';
  await arrivals.receive('telegram', { ...stranger('7'), sender: { id: '7', name, bot: false } });
  expect(notices(HOME)[0]).toMatch(/^`Bob \[click\]\(https:\/\/evil\.example\) # Owner` \(/);
});

test('whoever was turned away hears nothing for a week, takes no place, and may ask then', async () => {
  const { store, access, arrivals, clock, notices } = open();
  await arrivals.receive('telegram', stranger('7'));
  const [first] = access.pending();
  expect(access.pairings.reject(first?.code ?? '')?.user).toBe('7');
  notices('telegram:dm:7');
  clock.jump(6 * 86_400_000);
  store.access.forgetPairingsBefore(clock.now());
  for (const id of ['7', '1', '2', '3']) await arrivals.receive('telegram', stranger(id));
  expect(notices('telegram:dm:7')).toEqual([]);
  expect(
    access
      .pending()
      .map(({ user }) => user)
      .toSorted(),
  ).toEqual(['1', '2', '3']);
  clock.jump(86_400_001);
  await arrivals.receive('telegram', stranger('7'));
  expect(notices('telegram:dm:7')).toEqual([expect.stringContaining('Your code is')]);
});

test('closed groups in which somebody spoke to Moby are remembered, the newest twenty', async () => {
  const { access, arrivals, clock, notices, store } = open();
  const bob = { id: '77', name: 'Bob', bot: false };
  const group = (id: number, more: Partial<IncomingMessage>) =>
    message('hi', { channel: `telegram:group:-${id}:topic:3`, kind: 'group', title: `G${id}`, ...more });
  await arrivals.receive('telegram', group(999, { sender: bob, addressed: false }));
  for (let id = 1; id <= 25; id++) {
    clock.jump(1000);
    await arrivals.receive('telegram', group(id, { sender: bob }));
  }
  expect(notices('telegram:group:-25:topic:3')).toEqual([]);
  expect(access.closedGroups()).toHaveLength(20);
  expect(access.closedGroups()[0]).toMatchObject({ channel: 'telegram:group:-25', title: 'G25' });
  await arrivals.receive('telegram', group(30, {}));
  expect(notices('telegram:group:-30:topic:3')[0]).toContain('channels allow telegram:group:-30`');
  store.access.allowGroup('telegram:group:-30', true, clock.now());
  expect(access.closedGroups().map(({ channel }) => channel)).not.toContain('telegram:group:-30');
});

test('an edit of somebody who may talk no more changes nothing', async () => {
  const { arrivals, store } = open();
  const bea = { code: 'X', platform: 'telegram', user: '7', name: 'Bea', channel: 'telegram:dm:7' };
  store.access.approve({ ...bea, rejected: false, createdAt: 0, expiresAt: 0 }, 'guest', 0);
  const said = stranger('7', 'first');
  await arrivals.receive('telegram', said);
  const texts = () => store.arrivals.allOpen().map(({ event }) => JSON.parse(event).text);
  await arrivals.receive('telegram', { ...said, type: 'edit', text: 'second' });
  expect(texts()).toEqual(['second']);
  store.access.forgetPerson('telegram', '7');
  await arrivals.receive('telegram', { ...said, type: 'edit', text: 'third' });
  expect(texts()).toEqual(['second']);
});

test('a change of a message that was not for Moby makes it one while it is new, and not when it is pinned a month later', async () => {
  const { arrivals, store, clock } = open();
  const texts = () => store.arrivals.allOpen().map(({ event }) => JSON.parse(event).text);
  const edit = { ...message('now with a mention'), type: 'edit', messageId: 'new' } as const;
  await arrivals.receive('telegram', { ...edit, writtenAt: clock.now() - 60_000 });
  expect(texts()).toEqual(['now with a mention']);
  const old = { ...message('delete the old backups'), type: 'edit', messageId: 'old' } as const;
  await arrivals.receive('telegram', { ...old, writtenAt: clock.now() - 31 * 86_400_000 });
  await arrivals.receive('telegram', old);
  expect(texts()).toEqual(['now with a mention']);
});

test('the owner is told where a messenger is switched on that he wrote in last', async () => {
  const { access, arrivals, clock } = open();
  await arrivals.receive('telegram', message('from home'));
  access.noteSeen('telegram', message('again'));
  clock.jump(1000);
  expect(access.lastOwnerChannel((platform) => platform === 'telegram')).toBe(HOME);
  expect(access.lastOwnerChannel((platform) => platform === 'slack')).toBeNull();
});
