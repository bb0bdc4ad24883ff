/** Questions to the owner in Telegram: asked, answered, shown, and nobody else's business. */
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ASKING_AGENT } from '../../testing/asking-agent.ts';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

type Person = typeof ALICE | typeof BOB;

const open = (env: Record<string, string> = {}, drafts = true) =>
  openTelegramWorld({ agent: ASKING_AGENT, env, drafts });

/** The message that asks, once it is there. */
function asked(world: TelegramWorld, chat = ALICE.id) {
  return until('the question', () => world.telegram.replies(chat).find(({ buttons }) => buttons.length > 0));
}

/** @returns what whoever pressed is told */
async function press(
  world: TelegramWorld,
  pressed: { message: number; label?: string; data?: string; from?: Person; chat?: number },
): Promise<string> {
  const query = world.telegram.press({ chat: ALICE.id, from: ALICE, ...pressed });
  if (query === null) throw new Error(`there is no button ${pressed.label}`);
  return (await until('an answer to the press', () => world.telegram.answerTo(query))) as string;
}

async function questions(world: TelegramWorld) {
  const { body } = await world.gateway.call('GET', '/api/questions?state=all');
  return body.items as { id: string; state: string; chat: string | null; answer: { door: string } | null }[];
}

async function openGroup(world: TelegramWorld): Promise<void> {
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, {
    body: { mention: false },
  });
}

const executed = (world: TelegramWorld) => world.gateway.agent?.stats().executions.length ?? 0;

test('asked, pressed, done: the message shows what was decided, and the model goes on', async () => {
  const world = await open();
  world.say('run: ls -la ~/notes');
  const question = await asked(world);
  expect(question.text).toContain('ls -la ~/notes');
  expect(question.buttons.flat().map(({ text }) => text)).toEqual(['Once', 'For this answer', 'No']);
  expect(executed(world)).toBe(0);
  expect(await press(world, { message: question.id, label: 'Once' })).toMatch(
    /^Allowed once by Alice in Telegram at \d\d:\d\d\.$/,
  );
  await world.reply((text) => text === 'I was told: ls -la ~/notes was run');
  expect(executed(world)).toBe(1);
  await until('the outcome', () => question.text.includes('Allowed once by Alice in Telegram'));
  expect(question.buttons).toEqual([]);
  expect(question.text).toContain('ls -la ~/notes');
});

test('no, with a reason in a reply to the question: the model is told', async () => {
  const world = await open();
  world.say('run: rm -r notes');
  const { id } = await asked(world);
  world.telegram.say({ chat: ALICE.id, from: ALICE, text: 'No, I need them.', replyTo: id });
  const answer = await world.reply((text) => text.startsWith('I was told:'));
  expect(answer).toContain('I need them.');
  expect(executed(world)).toBe(0);
  await until('the outcome', () =>
    world.texts().some((text) => text.includes('Refused by Alice in Telegram')),
  );
  expect(world.gateway.agent?.stats().runs).toHaveLength(1); // the reply was no message to him
});

test('in a group the press of a guest is refused and tells him nothing; that of the owner counts', async () => {
  const world = await open();
  await openGroup(world);
  world.telegram.say({ chat: GROUP, from: ALICE, text: 'run: date' });
  const { id: message } = await asked(world, GROUP);
  const said = await press(world, { chat: GROUP, message, label: 'Once', from: BOB });
  expect(said).toBe('Only my owner can answer this.');
  world.telegram.say({ chat: GROUP, from: BOB, text: 'yes', replyTo: message }); // a message, which waits
  expect(await questions(world)).toMatchObject([{ state: 'open' }]);
  await press(world, { chat: GROUP, message, label: 'Once' });
  await world.reply((text) => text === 'I was told: date was run', GROUP);
  expect(executed(world)).toBe(1);
});

test('what is made up, turned into another answer, forwarded or copied is refused', async () => {
  const world = await open();
  await openGroup(world);
  world.say('run: date');
  const question = await asked(world);
  const [once = '', turn = ''] = question.buttons.flat().map(({ callback_data }) => callback_data);
  const cut = turn.slice(0, turn.lastIndexOf('.'));
  const mac = once.slice(once.lastIndexOf('.'));
  for (const data of ['', 'q', 'q.x.0.y', once.replace(/.$/, '!'), `${cut}${mac}`, `${once}x`]) {
    if (data === '') continue;
    expect(await press(world, { message: question.id, data })).toContain('I do not know this button');
  }
  const copy = world.telegram.chats.add({
    chat: ALICE.id,
    from: 'bot',
    text: 'a copy',
    entities: [],
    replyTo: null,
    topic: null,
    file: null,
  });
  expect(await press(world, { message: copy.id, data: once })).toContain('This is a copy');
  expect(await press(world, { chat: GROUP, message: question.id, data: once })).toContain('This is a copy');
  expect(await questions(world)).toMatchObject([{ state: 'open' }]);
  expect(executed(world)).toBe(0);
});

test('a callback that comes again after a restart counts once', async () => {
  const world = await open();
  world.say('run: date');
  const question = await asked(world);
  await press(world, { message: question.id, label: 'Once' });
  await world.reply((text) => text.startsWith('I was told:'));
  await world.gateway.close();
  await until('the line to be closed', () => !world.telegram.polling());
  world.telegram.redeliver();
  await world.restart();
  world.say('and now?');
  await world.reply((text) => text === 'You said: and now?');
  const [only, ...others] = await questions(world);
  expect(only).toMatchObject({ state: 'answered' });
  expect(others).toEqual([]);
});

test('an old button works after a restart while its question waits, and is told so afterwards', async () => {
  const world = await open();
  world.say('run: date');
  const question = await asked(world);
  const data = question.buttons[0]?.[0]?.callback_data ?? '';
  await world.restart();
  await until('the turn to wait again', async () => (await questions(world)).length === 1);
  expect(await press(world, { message: question.id, label: 'Once' })).toContain('Allowed once');
  await world.reply((text) => text === 'I was told: date was run');
  expect(await questions(world)).toHaveLength(1);
  expect(world.texts().filter((text) => text.includes('wants to use'))).toHaveLength(1);
  expect(await press(world, { message: question.id, data })).toMatch(
    /decided already. Allowed once by Alice/,
  );
  expect(executed(world)).toBe(1);
});

test('two doors at once: the first has decided, the other is told', async () => {
  const world = await open();
  world.say('run: date');
  const question = await asked(world);
  const [one] = await questions(world);
  const [said, api] = await Promise.all([
    press(world, { message: question.id, label: 'Once' }),
    world.gateway.call('POST', `/api/questions/${one?.id}/answer`, { body: { option: 'no' } }),
  ]);
  expect([said.includes('decided already'), api.status]).toEqual(
    api.status === 200 ? [true, 200] : [false, 409],
  );
  await world.reply((text) => text.startsWith('I was told:'));
  await until('the outcome', () => question.buttons.length === 0);
  expect(executed(world)).toBe(api.status === 200 ? 0 : 1);
});

test('plain words answer while one question is open; what else he writes waits its turn', async () => {
  const world = await open({}, false);
  world.say('run: date');
  await asked(world);
  world.say('what is new?');
  await world.reply((text) => text.includes('Queued'));
  world.say('yes');
  await world.reply((text) => text === 'I was told: date was run');
  await world.reply((text) => text === 'You said: what is new?');
  world.say('yes');
  await world.reply((text) => text === 'You said: yes'); // nothing is asked any more
  expect(executed(world)).toBe(1);
});

test('for two questions in one chat, plain words ask which is meant', async () => {
  const world = await open({ MOBYCLAW_OWNER_CHANNEL: `telegram:dm:${ALICE.id}` });
  world.say('run: first');
  await asked(world);
  await openGroup(world);
  world.telegram.say({ chat: GROUP, from: BOB, text: 'run: second' });
  const second = await until('the other question', () =>
    world.telegram.replies(ALICE.id).find(({ text }) => text.includes('second')),
  );
  expect(second.text).toContain('for a guest');
  expect(world.texts(GROUP).join()).not.toContain('second');
  world.say('yes');
  await world.reply((text) => text.startsWith('More than one question waits here.'));
  world.telegram.say({ chat: ALICE.id, from: ALICE, text: 'yes', replyTo: second.id });
  await world.reply((text) => text === 'I was told: second was run', GROUP);
  expect((await questions(world)).map(({ state }) => state).toSorted()).toEqual(['answered', 'open']);
});

test('what is asked for a guest is asked in the chat of the owner; the guest reads that he is asked', async () => {
  const world = await open();
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  await openGroup(world);
  world.telegram.say({ chat: GROUP, from: BOB, text: 'run: cat /etc/hosts' });
  const question = await asked(world);
  expect(question.text).toContain('for a guest');
  await world.reply((text) => text.includes('I have to ask my owner.'), GROUP);
  expect(
    world.telegram
      .replies(GROUP)
      .flatMap(({ versions }) => versions)
      .join(),
  ).not.toContain('hosts');
  await press(world, { message: question.id, label: 'No' });
  await world.reply((text) => text.startsWith('I was told:'), GROUP);
  expect(executed(world)).toBe(0);
});

test('he is not shown as typing while he waits for a person', async () => {
  const world = await open();
  const typed = () => world.telegram.calls('sendChatAction').length;
  world.say('run: date');
  const { id: message } = await asked(world);
  const before = typed();
  world.say('/queue');
  await world.reply((text) => text.includes('Queue mode'));
  expect(typed()).toBe(before);
  await press(world, { message, label: 'Once' });
  await until('it to be shown again', () => typed() > before);
});

test('a question that is no longer needed says so', async () => {
  const world = await open();
  world.say('run: date');
  const question = await asked(world);
  world.say('/stop');
  await until('the outcome', () => question.text.includes('No longer needed.'));
  expect(question.buttons).toEqual([]);
  expect(executed(world)).toBe(0);
});

const LOST = { how: 'refuse', code: 429, description: 'Too Many Requests', retryAfter: 1 } as const;

test.each([
  ['429', (world: TelegramWorld) => world.telegram.faults.plan('sendMessage', LOST, 2)],
  [
    '502',
    (world: TelegramWorld) => world.telegram.faults.plan('sendMessage', { how: 'status', status: 502 }),
  ],
  ['409', (world: TelegramWorld) => world.telegram.pollElsewhere()],
  ['a dead line', (world: TelegramWorld) => world.telegram.blackHole()],
  ['a line that is cut', (world: TelegramWorld) => world.telegram.cut()],
] as const)('%s: the question arrives once and can be answered', async (_, fail) => {
  const world = await open();
  world.say('run: date');
  await until('the run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  fail(world);
  const question = await until(
    'the question',
    () => world.telegram.replies(ALICE.id).find(({ buttons }) => buttons.length > 0),
    20_000,
  );
  const query = world.telegram.press({ chat: ALICE.id, message: question.id, from: ALICE, label: 'Once' });
  await until('the answer to the press', () => query && world.telegram.answerTo(query), 20_000);
  await world.reply((text) => text === 'I was told: date was run');
  expect(world.texts().filter((text) => text.includes('wants to use'))).toHaveLength(1);
  expect(executed(world)).toBe(1);
});

test.each([
  ['it was carried out', true],
  ['it was not', false],
])('a line that breaks in the call that asks (%s): the question is there once', async (_, after) => {
  const world = await open();
  world.telegram.faults.plan('sendMessage', { how: 'drop', after });
  world.telegram.faults.plan('editMessageText', { how: 'drop', after });
  world.say('run: date');
  const question = await asked(world);
  await press(world, { message: question.id, label: 'Once' });
  await world.reply((text) => text === 'I was told: date was run');
  await until('the outcome', () => question.text.includes('Allowed once'));
  expect(world.texts().filter((text) => text.includes('wants to use'))).toHaveLength(1);
  expect(world.texts().join()).not.toContain('/resend');
});

test('one that is settled before it could be sent is not sent any more', async () => {
  const world = await open();
  world.telegram.faults.plan('sendMessage', { ...LOST, retryAfter: 2 });
  world.say('run: date');
  const [one] = (await until('the question', async () => {
    const all = await questions(world);
    return all.length > 0 && all;
  })) as { id: string }[];
  await until('the refusal', () => world.telegram.faults.taken > 0);
  await world.gateway.call('POST', `/api/questions/${one?.id}/answer`, { body: { option: 'once' } });
  await world.reply((text) => text === 'I was told: date was run');
  expect(world.texts().join()).not.toContain('wants to use');
});
