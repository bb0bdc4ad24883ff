import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type SpeechServer, startSpeechServer } from '../../testing/speech-server.ts';
import { ALICE, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';
import { startTranscriber } from '../../testing/transcriber.ts';

const SPOKEN = 'You said: buy some milk';

async function openVoiceWorld(more: { env?: Record<string, string>; agentUrl?: string } = {}) {
  const [transcriber, speech] = [await startTranscriber('buy some milk'), await startSpeechServer()];
  const env = { ...transcriber.env, ...speech.env, ...more.env };
  const agentUrl = more.agentUrl === undefined ? {} : { agentUrl: more.agentUrl };
  return { speech, world: await openTelegramWorld({ env, ...agentUrl }) };
}

function speakTo({ telegram }: TelegramWorld): number {
  return telegram.say({ chat: ALICE.id, from: ALICE, voice: Buffer.from('ogg') });
}

function notes({ telegram }: TelegramWorld) {
  return telegram.replies(ALICE.id).filter(({ file }) => file?.field === 'voice');
}

/** Nothing is left to send, to speak or to answer. */
async function settled(world: TelegramWorld): Promise<void> {
  await until('all to be sent', async () => {
    const { body } = await world.gateway.call('GET', '/api/channels');
    return body.items[0]?.waiting === 0;
  });
}

function inputs({ asked }: SpeechServer): unknown[] {
  return asked.map(({ body }) => body.input);
}

test('a voice message is answered by text and by one voice note; a written one by text alone', async () => {
  const { world, speech } = await openVoiceWorld();
  const message = speakTo(world);
  await world.reply((text) => text === SPOKEN);
  const [note] = await until('a voice note', () => (notes(world).length > 0 ? notes(world) : null), 20_000);
  expect(note?.replyTo).toBe(message);
  expect(note?.text).toBe('');
  expect(speech.asked[0]).toEqual({
    path: '/v1/audio/speech',
    key: 'Bearer k',
    body: { model: 'tts-1', voice: 'alloy', input: `${SPOKEN}.`, response_format: 'opus' },
  });
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  await settled(world);
  expect(notes(world)).toHaveLength(1);
  const { body } = await world.gateway.call('GET', '/api/usage');
  const cost = body.byModel.find(({ model }: { model: string }) => model === 'speech/tts-1');
  expect(cost).toMatchObject({ turns: 1, costUsd: (15 * (SPOKEN.length + 1)) / 1e6 });
  expect(body.byModel.map(({ model }: { model: string }) => model)).toContain('transcription/whisper-1');
});

test('/voice says how it is, and turns it on and off for this chat', async () => {
  const { world } = await openVoiceWorld();
  world.say('/voice');
  await world.reply((text) => text.includes('Voice is auto'));
  world.say('/voice on');
  await world.reply((text) => text.includes('every answer is spoken too'));
  world.say('hello');
  await until('a voice note', () => notes(world).length === 1, 20_000);
  world.say('/voice off');
  await world.reply((text) => text.includes('nothing is spoken'));
  speakTo(world);
  await world.reply((text) => text === SPOKEN);
  await settled(world);
  expect(notes(world)).toHaveLength(1);
  world.say('/voice loud');
  await world.reply((text) => text.includes('no voice mode "loud"'));
});

test('what is written on in the settings holds where a chat says nothing', async () => {
  const { world } = await openVoiceWorld({ env: { MOBYCLAW_VOICE: 'on' } });
  world.say('hello');
  await until('a voice note', () => notes(world).length === 1, 20_000);
});

test('a service that is busy, breaks off or refuses: one note where it can be had, and the text in any case', async () => {
  const { world, speech } = await openVoiceWorld();
  speech.faults.push({ status: 429, headers: { 'retry-after': '1' } }, 'drop');
  speakTo(world);
  await world.reply((text) => text === SPOKEN);
  await until('a voice note', () => notes(world).length === 1, 20_000);
  expect(speech.asked).toHaveLength(3);
  speech.faults.push({ status: 401 });
  speakTo(world);
  await until('the refusal', () => speech.asked.length === 4, 20_000);
  world.say('/voice');
  await world.reply((text) => text.includes('MOBYCLAW_SPEECH_KEY'));
  expect(notes(world)).toHaveLength(1);
});

test('killed while it is being spoken, and where Telegram takes it late: one note', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const { world, speech } = await openVoiceWorld({ agentUrl: agent.url });
  speech.faults.push('hang');
  speakTo(world);
  await until('the service to be asked', () => speech.asked.length === 1, 20_000);
  expect(notes(world)).toEqual([]);
  world.telegram.faults.plan('sendVoice', {
    how: 'refuse',
    code: 429,
    description: 'Too Many Requests',
    retryAfter: 1,
  });
  await world.restart();
  await until('a voice note', () => notes(world).length === 1, 30_000);
  await settled(world);
  await world.restart();
  await settled(world);
  expect(notes(world)).toHaveLength(1);
  expect(inputs(speech)).toEqual([`${SPOKEN}.`, `${SPOKEN}.`]);
});

test('a long answer is spoken as a summary of the model’s, and code in it is not read out', async () => {
  const { world, speech } = await openVoiceWorld({ env: { MOBYCLAW_VOICE: 'on' } });
  world.say('tokens=400');
  await until('a voice note', () => notes(world).length === 1, 30_000);
  const runs = world.gateway.agent?.stats().runs ?? [];
  expect(runs).toHaveLength(2);
  expect(runs[1]?.prompt).toContain('at most 100 words');
  expect(String(inputs(speech)[0]).length).toBeLessThanOrEqual(900);
});
