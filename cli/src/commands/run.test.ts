import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { Context } from '../context.ts';
import { runCommand } from '../program.ts';
import { problem, sayText, startApi, writeToken } from '../testing/api-server.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { runCli, startCli } from '../testing/run-cli.ts';

test('a pipe gets the answer alone, everything else goes to stderr', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => {
    turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    turn.push({ type: 'token', data: { text: 'I will ' } });
    turn.push({
      type: 'tool',
      data: { id: '1', name: 'memory_edit', label: 'Writing to memory', phase: 'start' },
    });
    turn.push({ type: 'notice', data: { text: 'The provider was slow.' } });
    turn.push({ type: 'token', data: { text: 'remember.' } });
    turn.push({
      type: 'done',
      data: { turn: turn.id, session: 'cli:main', text: 'I will remember.', usage: null },
    });
  };
  const { code, stdout, stderr } = await runCli(['run', 'My', 'name is Alice'], { home, port: api.port });
  expect(stdout).toBe('I will remember.\n');
  expect(stderr).toBe('⏳ Writing to memory…\nThe provider was slow.\n');
  expect(code).toBe(0);
  expect(api.turns[0]?.request).toEqual({ prompt: 'My name is Alice', session: 'cli:main' });
});

test('text that the gateway takes back does not reach a pipe', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => {
    turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    turn.push({ type: 'token', data: { text: 'Wrong' } });
    turn.push({ type: 'replace', data: { text: '' } });
    turn.push({ type: 'token', data: { text: 'Right' } });
    turn.push({ type: 'done', data: { turn: turn.id, session: 'cli:main', text: 'Right', usage: null } });
  };
  expect((await runCli(['run', 'x'], { home, port: api.port })).stdout).toBe('Right\n');
});

test('the prompt is the words, then the pipe; a session name is a conversation of the CLI', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'ok');
  await runCli(['run', '--session', 'work', 'Summarise this:'], { home, port: api.port }, 'line 1\nline 2\n');
  await runCli(['run', '-s', 'telegram:dm:42'], { home, port: api.port }, 'only the pipe');
  expect(api.turns.map((turn) => turn.request)).toEqual([
    { prompt: 'Summarise this:\n\nline 1\nline 2\n', session: 'cli:work' },
    { prompt: 'only the pipe', session: 'telegram:dm:42' },
  ]);
});

test('--json prints the final object and nothing else on stdout', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'Hello ', 'Alice');
  const { stdout, code } = await runCli(['run', '--json', 'hi'], { home, port: api.port });
  expect(JSON.parse(stdout)).toEqual({
    turn: 'turn-1',
    session: 'cli:main',
    text: 'Hello Alice',
    usage: null,
  });
  expect(code).toBe(0);
});

test('a failed turn exits 1, says why, and gives the pipe no half answer', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => {
    turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    turn.push({ type: 'token', data: { text: 'Half' } });
    turn.push({
      type: 'error',
      data: { code: 'provider', message: 'The model provider is down.', retryable: true, partial: 'Half' },
    });
  };
  const plain = await runCli(['run', 'x'], { home, port: api.port });
  expect(plain).toMatchObject({ code: 1, stdout: '' });
  expect(plain.stderr).toContain('The model provider is down.');
  expect(plain.stderr).toContain('Half');
  const json = await runCli(['run', '--json', 'x'], { home, port: api.port });
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    turn: 'turn-2',
    error: { code: 'provider', partial: 'Half' },
  });
});

test('a used-up budget exits 1 and says how to go on', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  const message = 'So nothing runs until tomorrow. To go on today: mobyclaw usage lift';
  api.onTurn = (turn) => {
    turn.push({ type: 'queued', data: { turn: turn.id, position: 0 } });
    turn.push({ type: 'error', data: { code: 'budget_exceeded', message, retryable: false } });
  };
  const { code, stdout, stderr } = await runCli(['run', 'x'], { home, port: api.port });
  expect([code, stdout, stderr]).toEqual([1, '', `mobyclaw: ${message}\n`]);
});

test('Ctrl-C stops the turn at the gateway and exits 130', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => {
    turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    turn.push({ type: 'tool', data: { id: '1', name: 'shell', label: 'Running a command', phase: 'start' } });
  };
  const cli = startCli(['run', 'think hard'], { home, port: api.port });
  cli.child.stdin.end();
  await until('the tool line', () => cli.output.stderr.includes('Running a command'));
  cli.child.kill('SIGINT');
  const { code, stdout } = await cli.finished;
  expect(code).toBe(130);
  expect(stdout).toBe('');
  expect(api.turns[0]?.cancelled).toBe(true);
});

test('a second Ctrl-C leaves although the gateway does not answer the stop', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
  api.onCancel = () => undefined;
  const cli = startCli(['run', 'x'], { home, port: api.port });
  cli.child.stdin.end();
  await until('the turn', () => api.turns.length === 1);
  cli.child.kill('SIGINT');
  await until('the first stop', () => cli.output.stderr.includes('Ctrl-C again'));
  cli.child.kill('SIGINT');
  expect((await cli.finished).code).toBe(130);
});

test('a connection that breaks is taken up again and the answer is whole', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.cutAfterBytes = [30, 150, 90];
  api.onTurn = (turn) => sayText(turn, 'one ', 'two ', 'three ', 'four');
  const { stdout, stderr, code } = await runCli(['run', 'count'], { home, port: api.port });
  expect(stdout).toBe('one two three four\n');
  expect(stderr).toContain('taking the answer up again');
  expect(code).toBe(0);
  expect(api.turns).toHaveLength(1);
});

test('files go along, with their media type', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'ok');
  writeFileSync(join(home, 'note.txt'), 'hello');
  writeFileSync(join(home, 'a.png'), Buffer.from([0x89, 0x50]));
  await runCli(['run', 'look', '--file', 'note.txt', '-f', 'a.png'], { home, port: api.port });
  expect(api.turns[0]?.request.attachments).toEqual([
    { name: 'note.txt', mime: 'text/plain', data: 'aGVsbG8=' },
    { name: 'a.png', mime: 'image/png', data: 'iVA=' },
  ]);
  const missing = await runCli(['run', 'look', '--file', 'none.txt'], { home, port: api.port });
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toContain('none.txt cannot be read (ENOENT)');
});

test('a refusal of the gateway is shown in its words', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.refuseNext = [
    problem(429, 'queue-full', 'cli:main has 100 messages waiting. Wait, or stop it with /stop.'),
  ];
  const { code, stderr } = await runCli(['run', 'x'], { home, port: api.port });
  expect(code).toBe(1);
  expect(stderr).toContain('mobyclaw: cli:main has 100 messages waiting. Wait, or stop it with /stop.');
});

test('a message that was never confirmed is asked again as the same one, and one that was as another', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = () => void api.close(); // killed before it says that it has it
  const lost = await runCli(['run', 'pay the bill'], { home, port: api.port });
  expect(lost).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('Asking again is safe'),
  });
  expect(lost.stderr).not.toContain('is kept');
  const back = await startApi(home);
  back.adopt(api); // it had arrived after all
  const [turn] = back.turns;
  if (turn) sayText(turn, 'paid');
  const again = await runCli(['run', 'pay the bill'], { home, port: back.port });
  expect([again.code, again.stdout.trim(), back.turns.length]).toEqual([0, 'paid', 1]);
  back.onTurn = (fresh) => sayText(fresh, 'paid twice');
  await runCli(['run', 'pay the bill'], { home, port: back.port });
  expect(back.turns).toHaveLength(2);
});

test('without a running stack it says how to start it', async () => {
  const home = temporaryFolder();
  const never = await runCli(['run', 'x'], { home, port: 1 });
  writeToken(home);
  const down = await runCli(['run', 'x'], { home, port: 1 });
  for (const result of [never, down]) {
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toBe('mobyclaw: Moby is not running. Start him with ./mobyclaw up\n');
  }
});

test('words that begin with a dash are words where they can be no option, and else it is said how', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'ok');
  const run = (...args: string[]) => runCli(['run', ...args], { home, port: api.port });
  expect((await run('-5 degrees')).code).toBe(0);
  expect((await run('--json', '-5', 'and', '-3 degrees')).code).toBe(0);
  expect((await run('--', '-minus', '--json')).code).toBe(0);
  expect(api.turns.map(({ request }) => request.prompt)).toEqual([
    '-5 degrees',
    '-5 and -3 degrees',
    '-minus --json',
  ]);
  expect(await run('-minus')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('mobyclaw run -- "-5'),
  });
  expect((await run('-5 degrees', '--jsn')).code).toBe(2); // a misspelt option is none of the words
});

test('a reader who has enough is no failure; an output that is full is one, said without a stack', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, ...Array.from({ length: 2_000 }, (_, index) => `line ${index}\n`));
  const { child, finished, output } = startCli(['run', 'x'], { home, port: api.port });
  child.stdin.end();
  child.stdout.once('data', () => child.stdout.destroy());
  expect([(await finished).code, output.stderr]).toEqual([0, '']);
  const main = join(import.meta.dirname, '../main.ts');
  const shell = (command: string) =>
    spawnSync('sh', ['-c', command, process.execPath, main], {
      encoding: 'utf8',
      env: { HOME: home, MOBYCLAW_HOME: home },
    });
  if (existsSync('/dev/full')) {
    const full = shell('"$0" "$1" --help > /dev/full');
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/^mobyclaw: what is to be written cannot be: ENOSPC.*\n$/);
    expect(shell('"$0" "$1" --help > /dev/full 2>&1').status).toBe(1);
  }
});

test('wrong use exits 2', async () => {
  const home = temporaryFolder();
  for (const args of [
    ['run'],
    ['run', '--nope', 'x'],
    ['run', '-s', 'no such', 'x'],
    ['nonsense'],
    ['run', ' '],
  ]) {
    expect(await runCli(args, { home }), args.join(' ')).toMatchObject({ code: 2, stdout: '' });
  }
});

test('on a terminal the words are the prompt, and nothing more is waited for; without any it says so', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'ok');
  const run = async (...args: string[]): Promise<string> => {
    const terminal = Object.assign(memoryTerminal(true), {
      env: {
        MOBYCLAW_HOME: home,
        MOBYCLAW_PORT: String(api.port),
        MOBYCLAW_ENV_FILE: '/dev/null',
        NO_COLOR: '1',
      },
    });
    const load = async () => new Context({ terminal, checkout: home, version: '0.1.0' });
    await runCommand(['run', ...args], { terminal, version: '0.1.0', load });
    return terminal.out;
  };
  expect(await run('What', 'is on?')).toBe('ok\n');
  for (const words of [[], [' ']])
    await expect(run(...words)).rejects.toThrow('Say something: mobyclaw run "');
  expect(api.turns.map(({ request }) => request.prompt)).toEqual(['What is on?']);
});

test('a command is answered by the gateway itself; what it does not know goes to the model', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'from the model');
  api.on('POST /api/sessions/cli%3Amain/command', ({ body }) => {
    const { text } = body as { text: string };
    const known = text === '/usage';
    return { body: { command: known ? 'usage' : null, text: known ? 'Today: 12 tokens' : '' } };
  });
  const usage = await runCli(['run', '/usage'], { home, port: api.port });
  expect(usage).toMatchObject({ code: 0, stdout: 'Today: 12 tokens\n' });
  expect(api.turns).toHaveLength(0);
  const json = await runCli(['run', '/usage', '--json'], { home, port: api.port });
  expect(JSON.parse(json.stdout)).toEqual({ command: '/usage', text: 'Today: 12 tokens' });
  expect((await runCli(['run', '/bin is full'], { home, port: api.port })).stdout).toBe('from the model\n');
});

test('a gateway that is too old to run commands gets the text as a message', async () => {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.onTurn = (turn) => sayText(turn, 'from the model');
  expect((await runCli(['run', '/usage'], { home, port: api.port })).stdout).toBe('from the model\n');
});

test('a prompt that is too long is told in a sentence', async () => {
  const { code, stderr } = await runCli(['run'], { home: temporaryFolder() }, 'x'.repeat(200_001));
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^mobyclaw: the prompt is longer than .*\.\n$/)]);
});
