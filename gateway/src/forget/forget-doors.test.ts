/** A canary that came in by a messenger, a webhook, a question, a tool, a voice and a guest is in no byte afterwards. */
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FakePrompt, Script } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ActingAgent } from '../testing/acting-agent.ts';
import { CANARY, forget, holding, SPELLINGS } from '../testing/canary.ts';
import type { Harness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';
import { answer, asked } from '../testing/question-world.ts';
import { startSpeechServer } from '../testing/speech-server.ts';
import { ALICE, openTelegramWorld, type TelegramWorld } from '../testing/telegram-world.ts';
import { startTranscriber } from '../testing/transcriber.ts';

const BOB = { id: 77, first_name: CANARY };
const TIME = { timeout: 240_000 };

async function world() {
  const [memory, speech, transcriber] = [
    await startMemoryServer(),
    await startSpeechServer(),
    await startTranscriber(`the ${CANARY} is heard`),
  ];
  const soul = join(memory.home, 'soul.yaml');
  writeFileSync(soul, readFileSync(soul, 'utf8').replace('allow: ["*"]', 'ask: ["send_mail"]'));
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const script = (prompt: FakePrompt): Script | undefined => agent.script(prompt) ?? scripted(prompt);
  const telegram = await openTelegramWorld({
    home: memory.home,
    env: { ...memory.env, ...speech.env, ...transcriber.env },
    agent: { script },
  });
  agent.port = telegram.gateway.port;
  return { home: memory.home, agent, telegram, moby: telegram.gateway };
}

function scripted({ text }: FakePrompt): Script | undefined {
  if (text.includes('use the tool'))
    return [
      { do: 'tools', calls: [{ name: 'shell', args: { cmd: `echo ${CANARY}` }, result: `out: ${CANARY}` }] },
      { do: 'text', text: 'Done.' },
    ];
  if (text.includes('may I'))
    return [
      { do: 'tools', calls: [{ name: 'send_mail', args: { text: CANARY }, confirm: true }] },
      { do: 'report' },
    ];
  if (text.includes('ask me'))
    return [
      { do: 'elicit', message: `How large is the ${CANARY}?` },
      { do: 'text', text: 'Thanks.' },
    ];
  if (text.includes('a fault'))
    return [{ do: 'fail', error: `no such model: ${CANARY}`, code: 'model_error' }];
  return undefined;
}

async function byWebhook(moby: Harness): Promise<void> {
  const made = await moby.call('POST', '/api/hooks', { body: { name: 'push', proof: 'github' } });
  const raw = JSON.stringify({ repository: { full_name: `owner/${CANARY}` }, note: CANARY });
  const signature = createHmac('sha256', made.body.secret).update(raw).digest('hex');
  const headers = {
    authorization: '',
    'x-hub-signature-256': `sha256=${signature}`,
    'x-github-delivery': 'd1',
    'x-github-event': 'push',
  };
  const { body } = await moby.call('POST', '/hooks/push', { raw, headers });
  await moby.follow(body.turn).all();
}

async function byQuestions(moby: Harness): Promise<void> {
  const { stream } = await moby.start('may I', { session: 'cli:asks' });
  const first = await asked(moby);
  await answer(moby, first, { option: 'no', reason: `not the ${CANARY}` });
  await stream.all();
  const { stream: other } = await moby.start('ask me', { session: 'cli:asks' });
  const second = await asked(moby, first);
  await answer(moby, second, { value: CANARY });
  await other.all();
}

async function byGuest({ telegram, gateway, reply }: TelegramWorld, agent: ActingAgent): Promise<void> {
  telegram.say({ chat: BOB.id, from: BOB, text: 'hi' });
  const told = await reply((text) => /code is/.test(text), BOB.id);
  const code = /code is ([A-Z2-9]{8})/.exec(told)?.[1];
  await gateway.call('POST', `/api/pairings/${code}/approve`, { body: {} });
  const noted = agent.onMessage('remember that', 'memory_append', { text: `Bob feeds the ${CANARY}.` });
  telegram.say({ chat: BOB.id, from: BOB, text: `remember that I feed the ${CANARY}` });
  expect((await noted).isError).toBe(false);
  await reply((text) => text.startsWith('Heard: '), BOB.id);
}

async function byVoice({ telegram, reply }: TelegramWorld): Promise<void> {
  telegram.say({ chat: ALICE.id, from: ALICE, voice: Buffer.from('ogg') });
  await reply((text) => text.includes(`You said: the ${CANARY} is heard`));
  await until(
    'a voice note',
    () => telegram.replies(ALICE.id).find(({ file }) => file?.field === 'voice'),
    30_000,
  );
}

test(
  'a canary of a messenger, a webhook, a question, a tool, a voice and a guest is in no byte',
  TIME,
  async () => {
    const { home, agent, telegram, moby } = await world();
    telegram.say(`the ${CANARY} sings`);
    await telegram.reply((text) => text.includes('sings'));
    await byQuestions(moby);
    await byVoice(telegram);
    await byGuest(telegram, agent);
    await byWebhook(moby);
    await byQuestions(moby);
    await moby.ask('use the tool', { session: 'cli:main' });
    await moby.ask('a fault', { session: 'cli:main' });
    await moby.ask(`about the ${CANARY}`, { session: 'cli:main' });
    await moby.call('POST', '/api/sessions/cli:main/command', { body: { text: `/compact the ${CANARY}` } });
    const rows = (sql: string): Record<string, unknown>[] => {
      using db = new DatabaseSync(join(home, 'gateway/gateway.db'), { readOnly: true });
      return db.prepare(sql).all();
    };
    await until('a summary', () => rows('SELECT 1 FROM summaries').length > 0, 60_000);
    await until(
      'all to be sent',
      () => rows(`SELECT 1 FROM deliveries WHERE state <> 'done'`).length === 0,
      30_000,
    );
    const spoken = "SELECT files FROM deliveries WHERE files LIKE '%audio/%'";
    expect(rows(spoken)).toHaveLength(1);
    const view = await forget(moby, { phrase: CANARY });
    expect(view.left).toEqual([expect.stringContaining('Nothing stands beside the agent')]);
    expect(holding(home, SPELLINGS)).toEqual([]);
    expect(rows(spoken)).toEqual([]);
    expect(JSON.stringify(moby.agent?.sessions() ?? [])).not.toMatch(/kanarien/i);
  },
);
