import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { AskedQuestions, ID, question } from '../testing/asked-question.ts';
import { onTerminal } from '../testing/on-terminal.ts';
import { runCli } from '../testing/run-cli.ts';

async function asked(...questions: Parameters<typeof question>[0][]) {
  const home = temporaryFolder();
  const api = await startApi(home);
  const store = new AskedQuestions(api, ...questions.map((change) => question(change)));
  const run = (args: string[], input = '') => runCli(['questions', ...args], { home, port: api.port }, input);
  return { store, run, home, port: api.port };
}

const SETTLED = {
  id: '019a0000-0000-7000-8000-000000000009',
  state: 'expired' as const,
  outcome: 'Nobody answered in time. Refused.',
};

test('those that wait are listed with what they are about; --all has the settled ones too', async () => {
  const { run } = await asked({}, SETTLED);
  const open = await run([]);
  expect(open.stdout).toContain('019b0000');
  expect(open.stdout).toContain('Moby wants to use shell. git push');
  expect(open.stdout).not.toContain('019a0000');
  expect(open.stderr).toContain('questions answer ID');
  const all = await run(['--all']);
  expect(all.stdout).toMatch(/019a0000.*expired.*Nobody answered in time/);
  const json = await run(['list', '--all', '--json']);
  expect((JSON.parse(json.stdout) as unknown[]).length).toBe(2);
});

test('nothing that waits is no error', async () => {
  const { run } = await asked(SETTLED);
  expect(await run([])).toEqual({ code: 0, stdout: '', stderr: 'No question waits for you.\n' });
});

test('one is shown whole, and answered by the beginning of its id', async () => {
  const { run, store } = await asked({}, SETTLED);
  expect((await run(['show', '019b'])).stdout).toContain('cmd:\n    git push');
  expect(await run(['answer', '019b', 'no', '--reason', 'not today'])).toEqual({
    code: 0,
    stdout: 'Allowed once by the owner in the terminal at 12:01.\n',
    stderr: '',
  });
  expect(store.answers).toEqual([{ id: ID, body: { option: 'no', reason: 'not today' } }]);
  const again = await run(['answer', ID, 'once']);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('not open any more. Allowed once by the owner');
  expect(store.answers).toHaveLength(1);
});

test('a beginning that two have, or none, is refused; so is what is no answer', async () => {
  const { run, store } = await asked({}, { id: ID.replace(/1$/, '2') });
  expect(await run(['answer', '019b', 'once'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('2 questions begin'),
  });
  expect(await run(['show', 'ffff'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no question ffff'),
  });
  expect(await run(['answer', ID, 'maybe'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('once | turn'),
  });
  expect(await run(['answer', ID, 'once', '--reason', 'x', 'y'])).toMatchObject({ code: 2 });
  expect(store.answers).toEqual([]);
});

test('a text is taken from the words or from a pipe, a secret from the pipe alone', async () => {
  const form = {
    kind: 'form' as const,
    options: [{ id: 'decline', label: 'No answer' }],
    fallback: 'decline',
  };
  const text = await asked({ ...form, input: { type: 'text' } });
  expect((await text.run(['answer', ID, 'light', 'blue'])).code).toBe(0);
  const piped = await asked({ ...form, input: { type: 'text' } });
  await piped.run(['answer', ID], 'from\na pipe\n');
  const secret = await asked({ ...form, input: { type: 'text', secret: true } });
  expect(await secret.run(['answer', ID, 'hunter2'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('history'),
  });
  await secret.run(['answer', ID], 'hunter2\n');
  expect([text, piped, secret].map(({ store }) => store.answers[0]?.body)).toEqual([
    { value: 'light blue' },
    { value: 'from\na pipe' },
    { value: 'hunter2' },
  ]);
});

test('what the model wrote steers no terminal, in a list, whole, or as JSON', async () => {
  const { run } = await asked({
    details: { tool: 'shell', args: { cmd: '\u001b[2J\u009b0mls\u202e' } },
    title: 'x\u001b[1m',
  });
  for (const args of [[], ['show', ID], ['show', ID, '--json'], ['list', '--json']]) {
    const { stdout, code } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toContain('2J');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

test('without an answer on the command line a terminal asks for it, and shows nothing of a secret', async () => {
  const form = {
    kind: 'form' as const,
    options: [{ id: 'decline', label: 'No answer' }],
    fallback: 'decline',
  };
  const secret = await asked({ ...form, input: { type: 'text', secret: true } });
  const shown = await onTerminal(['questions', 'answer', ID], secret, {
    dialogue: [['Answer', 'hunter2\r']],
    until: 'in the terminal at',
  });
  expect(secret.store.answers[0]?.body).toEqual({ value: 'hunter2' });
  expect(shown).not.toContain('hunter2');
  const plain = await asked({});
  await onTerminal(['questions', 'answer', ID], plain, {
    dialogue: [['Answer', 'turn\r']],
    until: 'in the terminal at',
  });
  expect(plain.store.answers[0]?.body).toEqual({ option: 'turn' });
});
