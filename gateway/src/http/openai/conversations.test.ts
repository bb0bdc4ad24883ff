import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../../testing/harness.ts';

type Message = OpenAI.ChatCompletionMessageParam;

interface Answered {
  session: string;
  text: string;
}

/** A client that sends the whole chat each time and no name for it, as Open WebUI does. */
function chatClient({ port, token }: Pick<Harness, 'port' | 'token'>) {
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: token });
  return async (messages: Message[], headers: Record<string, string> = {}): Promise<Answered> => {
    const { data, response } = await client.chat.completions
      .create({ model: 'moby', messages }, { headers })
      .withResponse();
    const session = decodeURIComponent(response.headers.get('x-mobyclaw-session') ?? '');
    return { session, text: data.choices[0]?.message.content ?? '' };
  };
}

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

test('chats that a client does not name are kept apart, also two that begin with the same word', async () => {
  const moby = await openHarness();
  const ask = chatClient(moby);
  const tea = await ask([user('Tea?')]);
  const coffee = await ask([user('Coffee?')]);
  expect(coffee.session).not.toBe(tea.session);
  const more = await ask([user('Tea?'), assistant(tea.text), user('And milk?')]);
  expect(more.session).toBe(tea.session);
  // The fake agent answers the same words the same way but for a count of the run, which the answer here has.
  const second = await ask([user('Tea?')]);
  expect(second.session).not.toBe(tea.session);
  const runs = moby.agent?.stats().runs ?? [];
  expect(runs[3]?.session).not.toBe(runs[0]?.session);
  expect(runs[2]?.session).toBe(runs[0]?.session);
});

test('of chats that began with the same words, the one is gone on with whose first answer was sent', async () => {
  const moby = await openHarness();
  const ask = chatClient(moby);
  const hints = ['tokens=3', 'tokens=5'];
  const [three, five] = await Promise.all(
    hints.map((hint) => ask([user('Which number?'), user(hint)])), // two messages of the user's at once
  );
  expect(three?.session).not.toBe(five?.session);
  for (const one of [three, five, three]) {
    const next = await ask([user('Which number?'), user('x'), assistant(one?.text ?? ''), user('go on')]);
    expect(next.session).toBe(one?.session);
  }
  const edited = await ask([user('Which number?'), assistant('I never said that'), user('go on')]);
  expect([three?.session, five?.session]).toContain(edited.session);
});

test('a try again is the same chat, and so is a repeat under the same key', async () => {
  const moby = await openHarness();
  const ask = chatClient(moby);
  const first = await ask([user('Once')]);
  const retry = await ask([user('Once')], { 'x-stainless-retry-count': '1' });
  expect(retry).toEqual(first);
  const key = { 'idempotency-key': 'k1' };
  const keyed = await ask([user('Keyed')], key);
  expect(await ask([user('Keyed')], key)).toEqual(keyed);
  expect(moby.agent?.stats().runs).toHaveLength(2);
});

test('headers name the conversation: ours whole or by its name, and the one of Open WebUI', async () => {
  const moby = await openHarness();
  const ask = chatClient(moby);
  const named = async (headers: Record<string, string>) => (await ask([user('hi')], headers)).session;
  expect(await named({ 'x-mobyclaw-session': 'api%3Ame.shopping' })).toBe('api:me.shopping');
  expect(await named({ 'x-mobyclaw-session': 'cli:main' })).toBe('cli:main');
  expect(await named({ 'x-mobyclaw-session': 'shopping' })).toBe('api:shopping');
  expect(await named({ 'x-mobyclaw-session': encodeURIComponent('Ærlig 100%') })).toBe('api:Ærlig-100-');
  expect(await named({ 'x-mobyclaw-session': '100%' })).toBe('api:100-');
  expect(await named({ 'x-openwebui-chat-id': 'c0ffee-1' })).toBe('api:c0ffee-1');
  const both = { 'x-mobyclaw-session': 'api:a', 'x-openwebui-chat-id': 'b' };
  expect(await named(both)).toBe('api:a');
  await expect(named({ 'x-mobyclaw-session': 'nowhere:x' })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('api:me.shopping'),
  });
});

test('a token of scope chat names its own conversations alone, by header too', async () => {
  const moby = await openHarness();
  const made = await moby.call('POST', '/api/tokens', { body: { name: 'kitchen', scope: 'chat' } });
  const ask = chatClient({ port: moby.port, token: made.body.token });
  const named = async (header: string) => (await ask([user('hi')], { 'x-mobyclaw-session': header })).session;
  expect(await named('radio')).toBe('api:kitchen.radio');
  expect(await named('api:kitchen.radio')).toBe('api:kitchen.radio');
  for (const foreign of ['cli:main', 'api:kitchens', 'api:kitchen%2Eradio%00'])
    await expect(named(foreign)).rejects.toMatchObject({ status: expect.any(Number) });
  expect((await moby.call('GET', '/api/sessions')).body.items.map(({ key }: { key: string }) => key)).toEqual(
    ['api:kitchen.radio'],
  );
});

test('recordings and files come along with their data, and a file by address is refused', async () => {
  const moby = await openHarness();
  const ask = chatClient(moby);
  const data = Buffer.from('milk, eggs').toString('base64');
  await ask([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is on it?' },
        {
          type: 'file',
          file: { filename: 'list.txt', file_data: `data:text/plain;charset=utf-8;base64,${data}` },
        },
      ],
    },
  ]);
  expect(moby.agent?.stats().runs[0]?.prompt).toContain('milk, eggs');
  const file = { filename: 'list.txt', file_data: 'https://example.org/list.txt' };
  await expect(ask([{ role: 'user', content: [{ type: 'file', file }] }])).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('data: URLs'),
  });
  const audio = { data, format: 'wav' as const };
  await expect(
    ask([{ role: 'user', content: [{ type: 'input_audio', input_audio: audio }] }]),
  ).rejects.toMatchObject({
    status: 415, // nothing is set up that could listen
  });
});
