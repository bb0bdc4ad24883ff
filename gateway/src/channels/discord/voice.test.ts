import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openDiscordWorld } from '../../testing/discord-world.ts';
import { startSpeechServer } from '../../testing/speech-server.ts';

const VOICE_MESSAGE = 1 << 13; // MessageFlags.IsVoiceMessage of discord-api-types

test('an answer is spoken as a voice message of Discord’s, beside its text', async () => {
  const speech = await startSpeechServer();
  const world = await openDiscordWorld({ env: { ...speech.env, MOBYCLAW_VOICE: 'on' } });
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  const notes = () => world.discord.shown(world.home).filter(({ flags }) => (flags & VOICE_MESSAGE) !== 0);
  await until('a voice message', () => notes().length > 0, 20_000);
  expect(notes()).toMatchObject([{ content: '', attachments: [{ filename: 'answer.ogg' }] }]);
});
