import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, openTelegramWorld } from '../../testing/telegram-world.ts';

test('a person writes and gets the answer, as a reply to the message', async () => {
  const world = await openTelegramWorld();
  const id = world.say('hello there');
  await world.reply((text) => text === 'You said: hello there');
  const replies = world.telegram.replies(ALICE.id);
  expect(replies).toHaveLength(1);
  expect(replies[0]?.replyTo).toBe(id);
});

test('an answer that takes its time streams as a draft, with typing, and comes whole as one message', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=60 interval=50ms');
  await until('typing', () => world.telegram.calls('sendChatAction').length > 0);
  await world.draft((text) => text.startsWith('You said:'));
  expect(world.texts()).toEqual([]);
  const whole = await world.reply((text) => text.endsWith('word59'));
  expect(world.telegram.replies(ALICE.id).map(({ versions }) => versions)).toEqual([[whole]]);
  expect(world.telegram.drafts(ALICE.id)).toEqual([]);
  const drafts = world.telegram.calls('sendMessageDraft').map(({ payload }) => String(payload.text));
  expect(drafts.length).toBeGreaterThan(1);
  expect(drafts.length).toBeLessThan(8); // about one a second
  for (const draft of drafts) expect(whole.startsWith(draft.slice(0, 30))).toBe(true);
});

test('tools are shown while they run, and gone from the answer', async () => {
  const world = await openTelegramWorld();
  world.say('tool=memory_append tool-ms=1500');
  await world.draft((text) => text.includes('⏳ Writing to memory…'));
  await world.reply((text) => text.startsWith('You said:'));
  expect(world.texts()).toHaveLength(1);
  expect(world.texts()[0]).not.toContain('⏳');
});

test('a message that has to wait is seen to wait, and each answer comes as a reply to its own', async () => {
  const world = await openTelegramWorld();
  const first = world.say('first tokens=40 interval=100ms');
  await until('the first to run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  const second = world.say('second');
  await world.draft((text) => text.includes('One more message is queued'));
  await world.reply((text) => text === 'You said: second');
  expect(world.telegram.replies(ALICE.id).map(({ replyTo }) => replyTo)).toEqual([first, second]);
});

test('commands are answered while a turn runs; /stop ends it', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=2000 interval=20ms');
  await until('the run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  world.say('/status');
  await world.reply((text) => text.includes('Here: at work'));
  world.say('/stop');
  await world.reply((text) => text === 'Stopped.');
  await until('the run to end', () => world.gateway.agent?.stats().running === 0);
  world.say('still there?');
  await world.reply((text) => text === 'You said: still there?');
  expect(world.gateway.agent?.stats().runs.filter(({ prompt }) => prompt.includes('/st'))).toEqual([]);
});

test('the commands are in the menu, and one that we do not know goes to the model', async () => {
  const world = await openTelegramWorld();
  await until('the menu', () => world.telegram.commands().length > 0);
  expect(world.telegram.commands()).toContainEqual({ command: 'stop', description: 'Stop what I am doing' });
  world.say('/dance now');
  await world.reply((text) => text === 'You said: /dance now');
});

test('an error is told to the person, with what to do', async () => {
  const world = await openTelegramWorld();
  world.say('error=400');
  const text = await world.reply((one) => one.startsWith('⚠️'));
  expect(text.length).toBeGreaterThan(30);
});
