/** What the agent's tools send to chats, through the protocol's own client, a real gateway and the real Telegram library. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ActingAgent, AGENT_TOKEN } from '../testing/acting-agent.ts';
import { ALICE, BOB, openTelegramWorld, type TelegramWorld } from '../testing/telegram-world.ts';

const CONTROL_TOKEN = 'the-token-that-the-gateway-shows-the-supervisor';
const ALICE_CHAT = `telegram:dm:${ALICE.id}`;
const BOB_CHAT = `telegram:dm:${BOB.id}`;

interface Tools {
  world: TelegramWorld;
  /** Calls a tool as in the turn that answers `prompt`, which that person writes. */
  call(person: typeof BOB, prompt: string, tool: string, input: object): Promise<string>;
}

/** @param files what the supervisor beside the agent can read */
async function openTools(files: Record<string, string> = {}): Promise<Tools> {
  const supervisor = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://supervisor');
    const path = searchParams.get('path') ?? '';
    const content = pathname === '/file' ? files[path] : undefined;
    expect(request.headers.authorization).toBe(`Bearer ${CONTROL_TOKEN}`);
    if (content === undefined) {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ detail: `There is no file ${path}.` }));
    } else {
      response.writeHead(200, { 'x-file-name': encodeURIComponent(path.split('/').at(-1) ?? '') });
      response.end(content);
    }
  });
  await new Promise<void>((resolve) => supervisor.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    supervisor.close();
    supervisor.closeAllConnections();
  });
  const agent = new ActingAgent();
  const world = await openTelegramWorld({
    env: {
      MOBYCLAW_MCP_TOKEN: AGENT_TOKEN,
      MOBYCLAW_CONTROL_TOKEN: CONTROL_TOKEN,
      MOBYCLAW_AGENT_CONTROL_URL: `http://127.0.0.1:${(supervisor.address() as AddressInfo).port}`,
    },
    agent: { script: agent.script },
  });
  agent.port = world.gateway.port;
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'let me in' });
  await world.reply((text) => text.includes('code'), BOB.id);
  const { body } = await world.gateway.call('GET', '/api/pairings');
  await world.gateway.call('POST', `/api/pairings/${body.pending[0].code}/approve`, { body: {} });
  return {
    world,
    async call(person, prompt, tool, input) {
      const answer = agent.onMessage(prompt, tool, input);
      world.telegram.say({ chat: person.id, from: person, text: prompt });
      const { text } = await answer;
      await world.reply((reply) => reply.includes(prompt), person.id);
      return text;
    },
  };
}

/** @returns name and content */
function sentFile(world: TelegramWorld): Promise<[string, string]> {
  return until('the file', () => {
    const file = world.telegram.replies(ALICE.id).find((reply) => reply.file)?.file;
    return file ? [file.name, Buffer.from(file.bytes).toString('utf8')] : undefined;
  });
}

test('a file that the agent made goes to the chat that asked, with words before it', async () => {
  const { world, call } = await openTools({ 'work/report.pdf': 'PDF of the report' });
  const said = await call(ALICE, 'send me the report', 'file_send', {
    path: 'work/report.pdf',
    text: 'Here it **is**:',
  });
  expect(said).toBe(`report.pdf is on its way to ${ALICE_CHAT}.`);
  expect(await sentFile(world)).toEqual(['report.pdf', 'PDF of the report']);
  expect(world.texts()).toContain('Here it is:');
});

test('a text file can be written on the spot; what cannot be had is explained', async () => {
  const { world, call } = await openTools();
  expect(await call(ALICE, 'a list', 'file_send', { name: 'shopping.csv', content: 'milk,2\n' })).toContain(
    'shopping.csv',
  );
  expect(await sentFile(world)).toEqual(['shopping.csv', 'milk,2\n']);
  const disguised = { name: '../../holiday\u202egpj.exe', content: 'MZ' };
  expect(await call(ALICE, 'a picture', 'file_send', disguised)).toContain('holidaygpj.exe is on its way');
  expect(await call(ALICE, 'nothing', 'file_send', { path: 'nowhere.txt' })).toBe(
    'There is no file nowhere.txt.',
  );
  expect(await call(ALICE, 'half', 'file_send', { name: 'a.txt' })).toContain('name and content');
  const stranger = { path: 'x', channel: 'telegram:dm:666' };
  expect(await call(ALICE, 'far', 'file_send', stranger)).toContain('channel_list');
});

test('a guest’s turn sees and reaches no other conversation', async () => {
  const { world, call } = await openTools({ 'work/secret.txt': 'the code is 1234' });
  await call(ALICE, 'the safe is behind the mirror', 'now', {});
  expect(await call(BOB, 'what about a safe?', 'history_search', { query: 'mirror' })).toContain('Nothing');
  expect(await call(BOB, 'mine', 'history_search', { query: 'safe' })).toContain(BOB_CHAT);
  expect(await call(BOB, 'who is there?', 'channel_list', {})).toMatch(
    new RegExp(`^${BOB_CHAT} \\("Bob"\\)$`),
  );
  const message = { channel: ALICE_CHAT, text: 'boo' };
  expect(await call(BOB, 'scare her', 'message_send', message)).toContain('Only the owner may');
  const file = { channel: ALICE_CHAT, name: 'boo.txt', content: 'boo' };
  expect(await call(BOB, 'with a file', 'file_send', file)).toContain('Only the owner may');
  const secret = { path: 'work/secret.txt' };
  expect(await call(BOB, 'the file', 'file_send', secret)).toContain('your files are his');
  expect(await call(BOB, 'a note', 'file_send', { name: 'note.txt', content: 'for Bob' })).toContain('way');
  expect(await call(BOB, 'to me', 'message_send', { channel: BOB_CHAT, text: 'hello me' })).toContain('way');
  await world.reply((text) => text === 'hello me', BOB.id);
  expect(await call(ALICE, 'scare him', 'message_send', { channel: BOB_CHAT, text: 'boo' })).toContain('way');
  await world.reply((text) => text === 'boo', BOB.id);
  expect(world.texts()).not.toContain('boo');
});

test('a guest’s schedules go to his chat, and he neither sees nor touches those of others', async () => {
  const { world, call } = await openTools();
  const at = '2100-01-01T09:00';
  const hers = await call(ALICE, 'remind me', 'schedule_create', {
    name: 'bank',
    at,
    message: 'Call the bank.',
  });
  const id = /\(id ([\w-]+)\)/.exec(hers)?.[1] ?? '';
  expect(hers).toContain(`goes to: ${ALICE_CHAT}`);
  const his = { name: 'tea', at, message: 'Tea.' };
  expect(await call(BOB, 'to her', 'schedule_create', { ...his, channel: ALICE_CHAT })).toContain(
    'Only the owner',
  );
  expect(await call(BOB, 'remind me too', 'schedule_create', his)).toContain(`goes to: ${BOB_CHAT}`);
  const seen = await call(BOB, 'what is planned?', 'schedule_list', {});
  expect(seen).toContain('"tea"');
  expect(seen).not.toContain('bank');
  for (const tool of ['schedule_update', 'schedule_cancel', 'schedule_history'])
    expect(await call(BOB, `try ${tool}`, tool, { id })).toContain(`There is no schedule ${id}`);
  expect(await call(ALICE, 'what is planned?', 'schedule_list', {})).toMatch(/"bank".*"tea"/s);
  const { items } = (await world.gateway.call('GET', '/api/jobs')).body;
  expect(items).toMatchObject([{ name: 'bank' }, { name: 'tea', guest: true, channel: BOB_CHAT }]);
});

test('the chat that a message is sent to knows of it; the conversation that sent it need not be told', async () => {
  const { world, call } = await openTools();
  const prompts = () => (world.gateway.agent?.stats().runs ?? []).map(({ prompt }) => prompt);
  await call(BOB, 'hello', 'now', {});
  await call(ALICE, 'tell Bob', 'message_send', { channel: BOB_CHAT, text: 'Dinner at eight.' });
  await call(ALICE, 'note it here', 'message_send', { channel: ALICE_CHAT, text: 'Bob knows.' });
  await call(BOB, 'when was that?', 'now', {});
  expect(prompts().at(-1)).toMatch(
    /since your last turn here:\n> [-\d]+ [:\d]+, message_send: Dinner at eight\.\n/,
  );
  await call(ALICE, 'thanks', 'now', {});
  expect(prompts().at(-1)).not.toContain('Bob knows.');
  const { body } = await world.gateway.call('GET', `/api/sessions/${ALICE_CHAT}/messages`);
  expect(body.items.map(({ text }: { text: string }) => text)).toContain('Bob knows.');
});

test('what is meant for a topic of a chat goes there, and a topic of nobody’s chat is none', async () => {
  const { world, call } = await openTools();
  const send = (channel: string) =>
    call(ALICE, `to ${channel}`, 'message_send', { channel, text: 'in the topic' });
  expect(await send(`${ALICE_CHAT}:topic:7`)).toContain('On its way');
  await world.reply((text) => text === 'in the topic');
  expect(world.telegram.replies(ALICE.id).find(({ text }) => text === 'in the topic')?.topic).toBe(7);
  expect(await send('telegram:dm:666:topic:7')).toContain('not a chat that Moby may write to');
});

test('the same words in one turn are one message, in another turn another', async () => {
  const { world, call } = await openTools();
  const message = { channel: BOB_CHAT, text: 'ping' };
  expect(await call(ALICE, 'ping him', 'message_send', message)).toContain('On its way');
  expect(await call(ALICE, 'ping him again', 'message_send', message)).toContain('On its way');
  await until('both', () => world.texts(BOB.id).filter((text) => text === 'ping').length === 2);
});
