import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { memoryOf, RecordedHost } from '../../testing/recorded-host.ts';
import { createDiscordChannel } from './index.ts';
import { directKey, groupKey } from './keys.ts';

const WHISPER = 4;
const DEFERRED = 6;
const BUTTONS = [
  { id: 'q:once', label: 'Once', style: 'primary' as const },
  { id: 'q:turn', label: 'For this answer' },
  { id: 'q:no', label: 'No', style: 'danger' as const },
];
const part = (text: string) => ({ text, plain: text });

async function connect() {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  const alice = discord.world.person('Alice');
  const clock = new ManualClock(Date.now());
  const host = new RecordedHost(memoryOf(new Map()), clock);
  const channel = createDiscordChannel({ token: discord.token, apiUrl: discord.url }, host);
  await channel.start();
  onTestFinished(() => channel.stop());
  const general = discord.world.channel('general');
  const home = discord.world.direct(alice);
  const ask = async (to: string, where = home) => {
    await channel.send(to, part('May I?'), { nonce: crypto.randomUUID(), live: false, buttons: BUTTONS });
    const [message] = discord.shown(where);
    if (!message) throw new Error('nothing is shown');
    return message;
  };
  const answers = (token: string | null) => discord.rest.interactions.get(token ?? '') ?? [];
  return { discord, alice, clock, host, channel, general, ask, answers };
}

test('buttons stand below the message, and go with an edit that has none', async () => {
  const { discord, alice, channel, ask } = await connect();
  const message = await ask(directKey(alice.id));
  const shown = message.components[0]?.components.map(({ label, style }) => `${label} ${style}`);
  expect(shown).toEqual(['Once 3', 'For this answer 2', 'No 4']);
  await channel.edit(directKey(alice.id), message.id, part('Done.'), { live: false });
  expect(discord.world.messages.get(message.id)).toMatchObject({ content: 'Done.', components: [] });
});

test('a press comes with who, where and which; what counts is not said twice, what does not is whispered', async () => {
  const { discord, alice, host, general, ask, answers } = await connect();
  const message = await ask(groupKey(general.id), general);
  const refused = discord.press(message, alice, { label: 'No' });
  await until('the answer', () => answers(refused).length > 0);
  expect(answers(refused)).toEqual([{ type: WHISPER, content: 'Too late.' }]);
  host.pressAnswer = { text: 'Noted.', accepted: true };
  const taken = discord.press(message, alice, { label: 'Once' });
  await until('the answer', () => answers(taken).length > 0);
  expect(answers(taken)).toEqual([{ type: DEFERRED, content: '' }]);
  expect(host.presses[0]).toEqual({
    account: discord.world.bot.id,
    channel: groupKey(general.id),
    messageId: message.id,
    sender: { id: alice.id, name: 'Alice', bot: false },
    button: 'q:no',
  });
  expect(host.presses[1]?.button).toBe('q:once');
});

test('in direct messages the chat is that of the person', async () => {
  const { discord, alice, host, ask } = await connect();
  discord.press(await ask(directKey(alice.id)), alice, { label: 'Once' });
  await until('the press', () => host.presses.length > 0);
  expect(host.presses[0]?.channel).toBe(directKey(alice.id));
});

test('a disk that takes its time costs neither the press nor the word about it', async () => {
  const { discord, alice, clock, host, ask, answers } = await connect();
  const disk = Promise.withResolvers<void>();
  const { pressed } = host;
  host.pressed = async (press) => {
    await disk.promise;
    return pressed.call(host, press);
  };
  const token = discord.press(await ask(directKey(alice.id)), alice, { label: 'Once' });
  await until('the press', async () => {
    await clock.advance(500); // Discord waits 3 s
    return answers(token).length > 0;
  });
  expect(answers(token)).toEqual([{ type: DEFERRED, content: '' }]);
  disk.resolve();
  await until('the word', () => answers(token).length === 2);
  expect(answers(token)[1]?.content).toBe('Too late.');
});

test('whoever pressed is told where it could not be stored', async () => {
  const { discord, alice, host, ask, answers } = await connect();
  host.refusal = new Error('the disk is full');
  const token = discord.press(await ask(directKey(alice.id)), alice, { label: 'Once' });
  await until('the answer', () => answers(token).length > 0);
  expect(answers(token)[0]?.content).toContain('press again');
});
