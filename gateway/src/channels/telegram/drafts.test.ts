/** Streaming by drafts in private chats, through what can happen to a draft and to the send that follows it. */
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ALICE, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

async function trouble(world: TelegramWorld): Promise<{ state: string }[]> {
  return (await world.gateway.call('GET', '/api/channels')).body.trouble;
}

async function drawing(world: TelegramWorld): Promise<void> {
  await world.draft((text) => text.startsWith('You said:'));
}

test('a stream that outgrows a message shows its end as a draft, and comes whole in messages, in order, each once', async () => {
  const lines = Array.from({ length: 400 }, (_, index) => `line ${index} of a long answer\n\n`);
  const script = () => lines.map((text) => ({ do: 'text' as const, text, afterMs: 8 }));
  const world = await openTelegramWorld({ agent: { script } });
  world.say('slowly');
  await world.draft((text) => /line \d+ of/.test(text) && !text.includes('line 0 of'));
  await world.reply((text) => text.includes('line 399 '));
  const written = world.texts().join('\n');
  expect(written.length).toBeGreaterThan(9000);
  expect(written.match(/line \d+ of a long answer/g)).toEqual(lines.map((line) => line.trim()));
  expect(world.telegram.calls('editMessageText')).toEqual([]);
  expect(world.telegram.drafts(ALICE.id)).toEqual([]);
});

test('a draft that hangs holds up nothing for long: it is drawn again, and the answer comes once', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('sendMessageDraft', { how: 'hang' });
  world.say('tokens=60 interval=60ms');
  await drawing(world);
  expect(world.telegram.calls('sendMessageDraft').length).toBeGreaterThan(1);
  await world.reply((text) => text.endsWith('word59'));
  expect(world.texts()).toHaveLength(1);
  expect(await trouble(world)).toEqual([]);
});

test.each([
  { how: 'refuse', code: 429, description: 'Too Many Requests: retry after 1', retryAfter: 1 },
  { how: 'status', status: 500 },
  { how: 'drop', after: true },
] as const)('drafts that fail all the time ($how): the answer comes all the same, once', async (fault) => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('sendMessageDraft', fault, Number.POSITIVE_INFINITY);
  world.say('tokens=30 interval=60ms');
  await world.reply((text) => text.endsWith('word29'));
  expect(world.texts()).toHaveLength(1);
  expect(world.telegram.calls('sendMessageDraft').length).toBeGreaterThan(0);
  expect(world.telegram.calls('editMessageText')).toEqual([]);
  expect(await trouble(world)).toEqual([]);
});

test('a draft that is refused for its formatting is drawn as plain text', async () => {
  const world = await openTelegramWorld();
  const description = "Bad Request: can't parse entities: Can't find end of the entity";
  world.telegram.faults.plan('sendMessageDraft', { how: 'refuse', code: 400, description });
  world.say('**bold** tokens=60 interval=60ms');
  await world.draft((text) => text.includes('bold'));
  const [first, second] = world.telegram.calls('sendMessageDraft').map(({ payload }) => payload.entities);
  expect([first !== undefined, second]).toEqual([true, undefined]);
});

test('the last send is cut off in a streamed answer: it is shown once, whole, and the person is told', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=30 interval=60ms');
  await drawing(world);
  world.telegram.faults.plan('sendMessage', { how: 'drop', after: true });
  await world.reply((text) => text.includes('/resend'));
  const answers = world.texts().filter((text) => text.startsWith('You said:'));
  expect(answers).toEqual([expect.stringMatching(/word29$/)]);
  expect(await trouble(world)).toMatchObject([{ state: 'unknown' }]);
});

test('the answer to a command takes the draft away; it is drawn again', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=80 interval=60ms');
  await drawing(world);
  world.say('/status');
  await world.reply((text) => text.includes('Here: at work'));
  await drawing(world);
  await world.reply((text) => text.endsWith('word79'));
  expect(world.telegram.drafts(ALICE.id)).toEqual([]);
});

test('/stop in the midst of a draft: what was said is kept, in a message', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=2000 interval=20ms');
  await drawing(world);
  world.say('/stop');
  const kept = await world.reply((text) => text.startsWith('You said:'));
  expect(kept).toContain('⏹ Stopped, as you asked.');
  expect(world.texts().filter((text) => text.startsWith('You said:'))).toHaveLength(1);
});

test('cut off three times: the person keeps what was said, and is told that it is not all', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openTelegramWorld({ agentUrl: agent.url });
  world.say('tokens=2000 interval=50ms');
  for (let attempt = 1; attempt <= 3; attempt++) {
    await until(`run ${attempt}`, () => agent.stats().runs.length === attempt);
    await drawing(world);
    await world.restart();
  }
  const kept = await world.reply((text) => text.startsWith('You said:'));
  expect(kept).toContain('⚠️ This message was started 3 times and cut off each time.');
  expect(world.texts()).toEqual([kept]);
});

test('a restart in the midst of a draft: it goes on as a draft, and the answer comes once', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openTelegramWorld({ agentUrl: agent.url });
  world.say('tokens=40 interval=60ms');
  await drawing(world);
  await world.restart();
  const drawnBefore = world.telegram.calls('sendMessageDraft').length;
  await until('a draft', () => world.telegram.calls('sendMessageDraft').length > drawnBefore);
  const ids = world.telegram.calls('sendMessageDraft').map(({ payload }) => payload.draft_id);
  expect(new Set(ids).size).toBe(1); // a second bubble would stand beside the first
  await world.reply((text) => text.endsWith('word39'));
  expect(world.texts()).toHaveLength(1);
});
