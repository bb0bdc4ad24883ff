import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import type { ExitCode } from '../cli-error.ts';
import { GatewayClient } from '../gateway-client.ts';
import { type ApiServer, type ServerTurn, sayText, startApi, TOKEN } from '../testing/api-server.ts';
import { type MemoryTerminal, memoryTerminal } from '../testing/memory-terminal.ts';
import { runCli } from '../testing/run-cli.ts';
import { UnconfirmedMessages } from '../unconfirmed-messages.ts';
import { Chat } from './chat.ts';
import { ChatHistory } from './chat-history.ts';

interface Opened {
  api: ApiServer;
  terminal: MemoryTerminal;
  chat: Chat;
  left: Promise<ExitCode>;
  historyFile: string;
  type(text: string): void;
}

async function openChat(tty = true, prepare: (api: ApiServer) => void = () => undefined): Promise<Opened> {
  const api = await startApi();
  prepare(api);
  const terminal = memoryTerminal(tty);
  const run = join(temporaryFolder(), 'run');
  const historyFile = join(run, 'chat-history');
  const chat = new Chat({
    terminal,
    gateway: new GatewayClient({ port: api.port, token: TOKEN }),
    session: 'cli:main',
    history: new ChatHistory(historyFile),
    unconfirmed: new UnconfirmedMessages({ run }, systemClock),
    comesBack: () => false,
    timeZone: 'UTC',
    watchEveryMs: 10,
  });
  const left = chat.run();
  onTestFinished(async () => {
    terminal.stdin.end();
    chat.interrupt();
    chat.interrupt();
    await left;
  });
  if (tty) await until('the prompt', () => terminal.out.includes('› '));
  return { api, terminal, chat, left, historyFile, type: (text) => void terminal.stdin.write(text) };
}

function begin(turn: ServerTurn): void {
  turn.push({ type: 'queued', data: { turn: turn.id, position: 0 } });
  turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
}

function finish(turn: ServerTurn, text: string): void {
  turn.push({ type: 'done', data: { turn: turn.id, session: 'cli:main', text, usage: null } });
}

test('an answer streams, with the tools that ran', async () => {
  const { api, terminal, type } = await openChat();
  api.onTurn = begin;
  type('my name is Alice\r');
  const turn = await until('the turn', () => api.turns[0]);
  turn.push({ type: 'token', data: { text: 'I will rem' } });
  await until('the first text', () => terminal.out.endsWith('I will rem'));
  turn.push({
    type: 'tool',
    data: { id: '1', name: 'memory_edit', label: 'Writing to memory', phase: 'start' },
  });
  turn.push({
    type: 'tool',
    data: { id: '1', name: 'memory_edit', label: 'Writing to memory', phase: 'end', ok: true },
  });
  turn.push({ type: 'token', data: { text: 'ember.' } });
  finish(turn, 'I will remember.');
  await until('the end', () => terminal.out.includes('ember.\n'));
  expect(terminal.screen).toContain('I will rem\n⏳ Writing to memory…\nember.\n');
});

test('what is typed meanwhile is sent in order, and shown with the prompt that comes back', async () => {
  const { api, terminal, type } = await openChat();
  api.onTurn = begin;
  type('one\r');
  await until('the first turn', () => api.turns.length === 1);
  type('two\rthree\rfou');
  await until('all turns', () => api.turns.length === 3);
  expect(api.turns.map(({ request }) => request.prompt)).toEqual(['one', 'two', 'three']);
  expect(terminal.err).toContain('Queued: two');
  expect(terminal.out).not.toContain('fou');
  for (const [index, turn] of api.turns.entries()) finish(turn, `answer ${index + 1}`);
  await until('the prompt', () => terminal.out.includes('› fou'));
  expect(terminal.out.indexOf('answer 1')).toBeLessThan(terminal.out.indexOf('answer 2'));
  expect(terminal.out.indexOf('answer 2')).toBeLessThan(terminal.out.indexOf('answer 3'));
});

test('Ctrl-C stops the turn, and the chat goes on', async () => {
  const { api, terminal, type } = await openChat();
  api.onTurn = begin;
  type('think\r');
  await until('the turn', () => api.turns.length === 1);
  await until('it to be shown', () => api.turns[0]?.events.length === 2);
  type('\u0003');
  await until('the stop', () => api.turns[0]?.cancelled);
  await until('the reason', () => terminal.err.includes('The turn was stopped.'));
  api.onTurn = (turn) => sayText(turn, 'still here');
  type('hello?\r');
  await until('an answer', () => terminal.out.includes('still here'));
});

test('a second Ctrl-C leaves while the gateway is still at it', async () => {
  const { api, terminal, left, type } = await openChat();
  api.onTurn = begin;
  api.onCancel = () => undefined;
  type('think\r');
  await until('the turn', () => api.turns.length === 1);
  type('\u0003');
  await until('the note', () => terminal.err.includes('Ctrl-C again'));
  type('\u0003');
  expect(await left).toBe(130);
});

test('Ctrl-C clears a line, and at an empty prompt it leaves', async () => {
  const { api, terminal, left, type } = await openChat();
  type('never mind');
  await until('the line', () => terminal.out.includes('never mind'));
  type('\u0003');
  type('\u0003');
  expect(await left).toBe(0);
  expect(api.turns).toHaveLength(0);
});

test('a paste of several lines is one message, and so is a line continued with a backslash', async () => {
  const { api, type } = await openChat();
  api.onTurn = (turn) => sayText(turn, 'ok');
  type('\u001b[200~first\nsecond\u001b[201~\r');
  await until('the paste', () => api.turns.length === 1);
  type('third \\\rfourth\r');
  await until('the line', () => api.turns.length === 2);
  expect(api.turns.map(({ request }) => request.prompt)).toEqual(['first\nsecond', 'third \nfourth']);
});

test('the line history is kept for the owner alone and comes back with the arrow key', async () => {
  const first = await openChat();
  first.api.onTurn = (turn) => sayText(turn, 'ok');
  first.type('remember this line\r');
  await until('the turn', () => first.api.turns.length === 1);
  expect(readFileSync(first.historyFile, 'utf8')).toBe('remember this line\n');
  expect(statSync(first.historyFile).mode & 0o777).toBe(0o600);
  expect(await new ChatHistory(first.historyFile).load()).toEqual(['remember this line']);
  await until('the prompt', () => first.terminal.out.includes('ok'));
  first.type('\u001b[A\r');
  await until('the second turn', () => first.api.turns.length === 2);
  expect(first.api.turns[1]?.request.prompt).toBe('remember this line');
});

test('commands are the gateway’s, with what follows their name; leaving is the terminal’s own', async () => {
  const { api, terminal, left, type } = await openChat();
  api.on('POST /api/sessions/cli%3Amain/command', ({ body }) => {
    const [, name, rest] = /^\/(\w+) ?(.*)$/.exec((body as { text: string }).text) ?? [];
    const known = name === 'queue' || name === 'help';
    return { body: { command: known ? name : null, text: known ? `${name}: ${rest || 'as it is'}` : '' } };
  });
  type('/help\r');
  await until('help', () => terminal.err.includes('/exit'));
  expect(terminal.err).toContain('help: as it is');
  type('/queue collect\r');
  await until('the answer', () => terminal.err.includes('queue: collect'));
  type('/nonsense\r');
  await until('the hint', () => terminal.err.includes('There is no /nonsense;'));
  type('/exit\r');
  expect(await left).toBe(0);
  expect(api.turns).toHaveLength(0);
});

test('a path at the beginning of a message is no command', async () => {
  const { api, type } = await openChat();
  type('/etc/hosts is odd\r');
  await until('the turn', () => api.turns.length === 1);
  expect(api.turns[0]?.request.prompt).toBe('/etc/hosts is odd');
});

test('messages that the gateway answered together are shown once', async () => {
  const { api, terminal, type } = await openChat();
  api.onTurn = begin;
  type('a\r');
  await until('the first', () => api.turns.length === 1);
  type('b\r');
  await until('the second', () => api.turns.length === 2);
  const [a, b] = api.turns;
  if (!a || !b) throw new Error('no turns');
  finish(a, 'both');
  b.push({
    type: 'done',
    data: { turn: b.id, session: 'cli:main', text: 'both', usage: null, mergedInto: a.id },
  });
  await until('the word', () => terminal.err.includes('Answered together'));
  expect(terminal.out.split('both')).toHaveLength(2);
});

test('as a process, lines from a pipe are answered in order and the end of input ends it', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.on('GET /api/status', {
    body: {
      version: '0.1.0',
      startedAt: '2026-01-01T00:00:00Z',
      state: 'ready',
      agent: { reachable: true, engine: 'embedded', generation: 'messages-object' },
      soul: { state: 'in-force' },
      turns: { running: 0, queued: 0, limit: 16 },
      sessions: 0,
      store: { path: '/x', bytes: 1 },
    },
  });
  api.onTurn = (turn) => sayText(turn, `re: ${turn.request.prompt}`);
  const result = await runCli(['chat', '--session', 'piped'], { home, port: api.port }, 'one\ntwo\n');
  expect(result).toMatchObject({ code: 0, stdout: 're: one\nre: two\n' });
  expect(api.turns.map(({ request }) => request.session)).toEqual(['cli:piped', 'cli:piped']);
});

test('what is added to the conversation from elsewhere is shown, with what was being typed below it', async () => {
  const message = { session: 'cli:main', turn: 'x', role: 'assistant', at: '2026-01-02T03:04:05Z' };
  const items: { id: number; [field: string]: unknown }[] = [{ ...message, id: 1, text: 'an old one' }];
  const { api, terminal, type } = await openChat(true, (server) =>
    server.on('GET /api/sessions/cli%3Amain/messages', ({ path }) => {
      const after = Number(new URL(path, 'http://x').searchParams.get('after') ?? 0);
      return { body: { items: items.filter(({ id }) => id > after) } };
    }),
  );
  await until('the watch', () => api.seen.some(({ path }) => path.endsWith('after=1')));
  type('half a line');
  await until('the line', () => terminal.out.endsWith('half a line'));
  items.push({ ...message, id: 2, text: 'Call the bank.', sentBy: 'scheduled job "bank"' });
  await until('the reminder', () => terminal.out.includes('Call the bank.'));
  expect(terminal.out).toContain(
    'Moby 2026-01-02 03:04 (by himself: scheduled job "bank")\nCall the bank.\n',
  );
  await until('the line again', () => terminal.out.endsWith('half a line'));

  api.onTurn = begin;
  type(' and the rest\r');
  const turn = await until('the turn', () => api.turns[0]);
  expect(turn.request.prompt).toBe('half a line and the rest');
  turn.push({ type: 'token', data: { text: 'The beg' } });
  await until('the beginning', () => terminal.out.endsWith('The beg'));
  items.push({ ...message, id: 3, turn: turn.id, role: 'user', text: 'half a line and the rest' });
  items.push({ ...message, id: 4, text: 'Tea is ready.', sentBy: 'scheduled job "tea"' });
  items.push({ ...message, id: 5, turn: turn.id, text: 'The beginning.' });
  await until('it to have come', () => api.seen.some(({ path }) => path.endsWith('after=5')));
  turn.push({ type: 'token', data: { text: 'inning.' } });
  finish(turn, 'The beginning.');
  await until('the other reminder', () => terminal.out.includes('Tea is ready.'));
  expect(terminal.screen).toMatch(/The beginning\.\n.*Tea is ready\./s);
  expect(terminal.out.match(/The beginning\./g)).toHaveLength(1);
  expect(terminal.out).not.toContain('an old one');
});
