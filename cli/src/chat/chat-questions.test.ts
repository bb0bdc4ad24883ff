/** What Moby asks while a chat shows his answer. */
import { join } from 'node:path';
import type { Question } from '@mobyclaw/protocol/question';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { GatewayClient } from '../gateway-client.ts';
import { type ServerTurn, startApi, TOKEN } from '../testing/api-server.ts';
import { AskedQuestions, ID, question, tell } from '../testing/asked-question.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { UnconfirmedMessages } from '../unconfirmed-messages.ts';
import { Chat } from './chat.ts';
import { ChatHistory } from './chat-history.ts';

async function openChat(asked: Question, tty = true) {
  const api = await startApi();
  const store = new AskedQuestions(api, asked);
  const terminal = memoryTerminal(tty);
  const clock = new ManualClock();
  const run = join(temporaryFolder(), 'run');
  const chat = new Chat({
    terminal,
    gateway: new GatewayClient({ port: api.port, token: TOKEN }, clock),
    session: 'cli:main',
    history: new ChatHistory(join(run, 'chat-history')),
    unconfirmed: new UnconfirmedMessages({ run }, clock),
    comesBack: () => false,
    timeZone: 'UTC',
  });
  const left = chat.run();
  onTestFinished(async () => {
    terminal.stdin.end();
    chat.interrupt();
    chat.interrupt();
    await left;
  });
  const type = (text: string) => void terminal.stdin.write(text);
  api.onTurn = (turn) => {
    turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    turn.push({ type: 'token', data: { text: 'Let me ' } });
    tell(turn, asked);
  };
  store.onAnswer = (one) => {
    const turn = api.turns.at(-1);
    if (turn) finish(turn, one);
  };
  return { api, store, terminal, clock, type };
}

/** Behind what was answered. */
function promptIsBack(out: string): boolean {
  return out.slice(out.indexOf('Let me ')).includes('›');
}

function finish(turn: ServerTurn, asked: Question): void {
  tell(turn, asked);
  turn.push({ type: 'done', data: { turn: turn.id, session: 'cli:main', text: 'Let me see.', usage: null } });
}

test('a key answers while the answer streams, and the next line is a message again', async () => {
  const { api, store, terminal, clock, type } = await openChat(question());
  type('push\r');
  await until('the question', () => terminal.err.includes('[n] No'));
  await clock.advance(500);
  type('t');
  await until('the end', () => terminal.out.includes('see.'));
  expect(store.answers).toEqual([{ id: ID, body: { option: 'turn' } }]);
  expect(terminal.screen).toContain('Let me \n❓ Moby wants to use shell.');
  await until('the prompt', () => promptIsBack(terminal.out));
  api.onTurn = (turn) => turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
  type('on\r');
  await until('the next message', () => api.turns.length === 2);
  expect(api.turns[1]?.request.prompt).toBe('on');
});

test('keys that were on their way when it came are no answer, and stay in the line', async () => {
  const { api, store, terminal, clock, type } = await openChat(question());
  type('push\r');
  await until('the question', () => terminal.err.includes('[n] No'));
  for (const key of 'one') {
    type(key);
    await clock.advance(300);
  }
  expect(store.answers).toEqual([]);
  await clock.advance(500);
  type('n');
  await until('the answer', () => store.answers.length === 1);
  expect(store.answers[0]?.body).toEqual({ option: 'no' });
  await until('the prompt', () => terminal.out.includes('› one'));
  expect(api.turns).toHaveLength(1);
});

test('a text with several lines is pasted for an answer, and nothing of a secret is shown', async () => {
  const { store, terminal, clock, type } = await openChat(
    question({ kind: 'form', options: [], input: { type: 'text', secret: true }, fallback: 'decline' }),
  );
  type('go\r');
  await until('the question', () => terminal.err.includes('it is not shown'));
  await clock.advance(500);
  type('hun');
  type('ter2\r');
  await until('the answer', () => store.answers.length === 1);
  expect(store.answers[0]?.body).toEqual({ value: 'hunter2' });
  expect(terminal.screen).not.toContain('hun');
});

test('Ctrl-C means the turn, and a key after the end is a letter again', async () => {
  const { api, store, terminal, clock, type } = await openChat(question());
  type('push\r');
  await until('the question', () => terminal.err.includes('[n] No'));
  await clock.advance(500);
  type('\u0003');
  await until('the stop', () => api.turns[0]?.cancelled);
  await until('the prompt', () => promptIsBack(terminal.out));
  type('o');
  await until('the letter', () => terminal.out.endsWith('o'));
  expect(store.answers).toEqual([]);
});

test('what was answered elsewhere ends the question here', async () => {
  const { api, store, terminal, type } = await openChat(question());
  type('push\r');
  await until('the question', () => terminal.err.includes('[n] No'));
  const turn = api.turns[0];
  if (turn) finish(turn, store.settle(ID, 'Allowed once by Ada in Telegram at 12:03.'));
  await until('the prompt', () => promptIsBack(terminal.out));
  expect(terminal.err).toContain('Allowed once by Ada in Telegram at 12:03.');
  type('n');
  await until('the letter', () => terminal.out.endsWith('n'));
  expect(store.answers).toEqual([]);
});

test('where nobody types, it is said how to answer', async () => {
  const { terminal, type } = await openChat(question(), false);
  type('push\n');
  await until('the way', () => terminal.err.includes(`questions answer ${ID} once`));
});
