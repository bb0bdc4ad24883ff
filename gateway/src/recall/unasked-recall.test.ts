/** What is told unasked, and above all what never is. The history is real, memory a server that answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { RecallAnswer, RecallBody } from '@mobyclaw/protocol/recall-answer';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { PartClient } from '../parts/part-client.ts';
import { Store } from '../store/store.ts';
import type { NewTurn, TurnRow } from '../store/turn-store.ts';
import { writeEnvelope } from '../turns/envelope.ts';
import { MEMORY_WAITS_MS, UnaskedRecall, type UnaskedRecallOptions } from './unasked-recall.ts';

const QUESTION = 'which tea does Anna drink in the morning';
const FACT = 'Anna drinks jasmine tea in the morning';

type Piece = RecallAnswer['pieces'][number];

const piece = (text: string, more: Partial<Piece> = {}): Piece => ({
  ...{ file: 'memory/2026-01-02.md', line: 4, at: '2026-01-02 10:00', speaker: null, guest: false, rank: 1 },
  text,
  ...more,
});

function setUp(more: Partial<UnaskedRecallOptions> = {}) {
  const clock = new ManualClock();
  const store = new Store(join(temporaryFolder(), 'gateway.db'), { timeZone: 'UTC' });
  onTestFinished(() => store.close());
  let number = 0;
  const turn = (session: string, said: Partial<NewTurn> = {}): TurnRow => {
    const id = `turn-${++number}`;
    store.turns.insert({
      ...{ id, session, source: 'cli', sender: 'owner', prompt: '', attachments: [], queueMode: null },
      createdAt: clock.now(),
      ...said,
    });
    return store.turns.find(id) as TurnRow;
  };
  /** A turn of before, with what was said in it. */
  const say = (session: string, text: string, said: Partial<NewTurn> = {}, answer?: string): number => {
    const { id } = turn(session, said);
    const at = clock.now();
    const first = store.messages.insert({ session, turn: id, role: 'user', text, at });
    if (answer !== undefined)
      store.messages.insert({ session, turn: id, role: 'assistant', text: answer, at });
    while (store.history.catchUp(100));
    return first;
  };
  const recall = new UnaskedRecall({
    ...{ store, memory: null, isOn: true, clock, timeZone: 'UTC', logger: silentLogger },
    ...more,
  });
  const before = (
    asking: TurnRow,
    { text = QUESTION, agentSession = 'new', fresh = true, told = [] as { id: number }[] } = {},
  ) => recall.before(asking, { text, agentSession, fresh, told });
  const texts = async (...asked: Parameters<typeof before>) =>
    (await before(...asked)).map(({ text }) => text);
  return { clock, store, turn, say, before, texts };
}

async function memoryWith(answer: (body: RecallBody, response: ServerResponse) => void) {
  const asked: RecallBody[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      asked.push(JSON.parse(text));
      answer(JSON.parse(text), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const memory = new PartClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'secret');
  return { memory, asked };
}

const answering = (pieces: Piece[]) =>
  memoryWith((_, response) => void response.end(JSON.stringify({ pieces })));

test('what was said elsewhere and what memory has stand together, the best first, with where and when', async () => {
  const { memory, asked } = await answering([
    piece('Anna likes tea', { rank: 0.5, speaker: 'Bob', guest: true }),
  ]);
  const { turn, say, before } = setUp({ memory });
  say('web:kitchen', FACT);
  expect(await before(turn('cli:main'))).toEqual([
    { place: 'web:kitchen, 2026-01-01 00:00, owner', text: FACT },
    { place: 'memory/2026-01-02.md:4, 2026-01-02 10:00, the guest "Bob"', text: 'Anna likes tea' },
  ]);
  expect(asked).toEqual([{ text: QUESTION, guestOf: null }]);
});

test('a question of before comes with its answer, or not at all', async () => {
  const { turn, say, texts } = setUp();
  say('web:kitchen', 'Which tea does Anna drink?', {}, 'Jasmine, every morning.');
  say('web:hall', 'Does Anna drink tea in the morning?');
  expect(await texts(turn('cli:main'))).toEqual(['Which tea does Anna drink? → Jasmine, every morning.']);
});

test('switched off, nothing is looked at', async () => {
  const { memory, asked } = await answering([piece(FACT)]);
  const { turn, say, texts } = setUp({ memory, isOn: false });
  say('web:kitchen', FACT);
  expect(await texts(turn('cli:main'))).toEqual([]);
  expect(asked).toEqual([]);
});

test.each([
  ['a schedule', { source: 'cron' }],
  ['a heartbeat', { source: 'heartbeat' }],
  ['a webhook', { source: 'webhook' }],
  ['a webhook in a chat', { source: 'cli', confined: true }],
  ['upkeep', { source: 'upkeep' }],
])('never before the turn of %s', async (_, said) => {
  const { memory, asked } = await answering([piece(FACT)]);
  const { turn, say, texts } = setUp({ memory });
  say('web:kitchen', FACT);
  expect(await texts(turn('cli:main', said))).toEqual([]);
  expect(asked).toEqual([]);
});

test.each([
  ['a schedule', { source: 'cron' }],
  ['a webhook', { source: 'webhook' }],
  ['a webhook in a chat', { confined: true }],
])('never what was said in the turn of %s', async (_, said) => {
  const { turn, say, texts } = setUp();
  say('cli:other', FACT, said, FACT);
  expect(await texts(turn('cli:main'))).toEqual([]);
});

test('never what the agent session holds: its own exchanges, what it is told, this very message', async () => {
  const { store, turn, say, texts } = setUp();
  const carried = say('cli:main', FACT);
  const asking = turn('cli:main');
  store.messages.insert({ session: 'cli:main', turn: asking.id, role: 'user', text: QUESTION, at: 1 });
  while (store.history.catchUp(100));
  expect(await texts(asking, { agentSession: 'a', told: [{ id: carried }] })).toEqual([]);
  expect(await texts(turn('cli:main'), { agentSession: 'a', fresh: false })).toEqual([]);
  expect(await texts(turn('cli:main'), { agentSession: 'of another process', fresh: false })).toEqual([]);
});

test('what was said before the agent session began is told', async () => {
  const { store, turn, say, texts } = setUp();
  const id = say('cli:main', FACT);
  const asking = turn('cli:main');
  store.messages.insert({ session: 'cli:main', turn: asking.id, role: 'user', text: 'and now', at: 1 });
  expect(await texts(asking)).toEqual([FACT]);
  store.sessions.touch('cli:main', 1);
  store.sessions.reset('cli:main', id);
  expect(await texts(turn('cli:main'), { agentSession: 'of another process', fresh: false })).toEqual([FACT]);
});

test('in one agent session a piece is put once; another attempt of that turn is told it again', async () => {
  const { turn, say, texts } = setUp();
  say('web:kitchen', FACT);
  const asking = turn('cli:main');
  expect(await texts(asking)).toEqual([FACT]);
  expect(await texts(asking, { fresh: false })).toEqual([FACT]);
  expect(await texts(turn('cli:main'), { fresh: false })).toEqual([]);
  expect(await texts(turn('cli:main'), { agentSession: 'another' })).toEqual([FACT]);
});

test('a guest is told of his own conversation alone, and memory is asked for its notes alone', async () => {
  const { memory, asked } = await answering([]);
  const { turn, say, texts } = setUp({ memory });
  say('cli:main', FACT);
  say('telegram:dm:7', 'I drink tea with Anna', { source: 'telegram', guest: true });
  const guest = turn('telegram:dm:7', { source: 'telegram', guest: true, sender: 'Bob (telegram:7)' });
  expect(await texts(guest)).toEqual([]); // too little of the question
  say('telegram:dm:7', 'Anna and I drink tea in the morning', { source: 'telegram', guest: true });
  const next = turn('telegram:dm:7', { source: 'telegram', guest: true });
  expect(await texts(next, { agentSession: 'next' })).toEqual(['Anna and I drink tea in the morning']);
  expect(asked.map(({ guestOf }) => guestOf)).toEqual(['telegram:dm:7', 'telegram:dm:7']);
});

test.each(['telegram:group:-5', 'discord:channel:5', 'slack:channel:C5:thread:1.2', 'whatsapp:group:5@g.us'])(
  'in %s, where others read the answer, the owner is told nothing from elsewhere',
  async (session) => {
    const { memory, asked } = await answering([piece(FACT)]);
    const { turn, say, texts } = setUp({ memory });
    say('cli:main', FACT);
    expect(await texts(turn(session, { source: session.split(':')[0] as string }))).toEqual([]);
    expect(asked).toEqual([]);
  },
);

test('all of it costs less than 300 tokens, in any script, and what says the same comes once', async () => {
  const long = Array.from({ length: 8 }, (_, line) =>
    piece(`${line} ${'朝にお茶を飲む '.repeat(30)}`, { line }),
  );
  const { memory } = await answering([piece(FACT), piece(`- ${FACT}!`, { line: 9 }), ...long]);
  const { turn, before } = setUp({ memory });
  const told = await before(turn('cli:main'));
  expect(told.filter(({ text }) => text.includes('jasmine'))).toHaveLength(1);
  const envelope = { turn: 't', now: 0, timeZone: 'UTC', channel: 'cli:main', sender: 'owner', notes: [] };
  const block = (recalled: typeof told): number =>
    estimateTokens(writeEnvelope({ ...envelope, summary: null, history: [], sent: [], recalled }, ''));
  expect(told.length).toBeGreaterThan(1);
  expect(block(told) - block([])).toBeLessThanOrEqual(300);
});

test('a memory that is slow is waited for some milliseconds and no longer', async () => {
  const { memory, asked } = await memoryWith(() => undefined);
  const { clock, turn, say, texts } = setUp({ memory });
  say('web:kitchen', FACT);
  const told = texts(turn('cli:main'));
  await until('memory to be asked', () => asked.length === 1);
  await clock.advance(MEMORY_WAITS_MS - 1);
  expect(await Promise.race([told, Promise.resolve('waits')])).toBe('waits');
  await clock.advance(1);
  expect(await told).toEqual([FACT]);
  expect(clock.waiting).toBe(0);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['of another version', (response) => response.writeHead(404).end('{}')],
  ['that answers nonsense', (response) => response.end('{"pieces":[{"text":1}]}')],
  ['that hangs up', (response) => response.destroy()],
])('a memory %s is as if there were none', async (_, answer) => {
  const { memory } = await memoryWith((_body, response) => answer(response));
  const { turn, say, texts } = setUp({ memory });
  say('web:kitchen', FACT);
  expect(await texts(turn('cli:main'))).toEqual([FACT]);
});
