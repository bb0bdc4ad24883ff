/** The program as it is started: its command line, its socket, its death. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { parseCommand } from './command-line.ts';
import { fakeSoul, testClient } from './testing/agent.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

interface Running {
  child: ChildProcess;
  address: string;
}

async function start(folder: string, listen: string): Promise<Running> {
  const args = [
    MAIN,
    'serve',
    'api',
    'soul.yaml',
    '--listen',
    listen,
    '--session-db',
    'session.db',
    '--working-dir',
    folder,
  ];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout?.on('data', (piece: Buffer) => {
    output += piece;
  });
  const address = await until('the agent to listen', () => /^Listening on (.*)$/m.exec(output)?.[1], 30_000);
  return { child, address };
}

async function stop({ child }: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return ((await exit) as [number | null])[0];
}

it('keeps sessions and the partial answer through SIGKILL, and goes on with them', async () => {
  const model = await startFakeModel((_, index) =>
    index === 0
      ? {
          text: ['One ', 'two ', 'three'],
          beforePiece: (piece) => (piece === 2 ? new Promise(() => {}) : Promise.resolve()),
        }
      : { text: ['Back.'] },
  );
  onTestFinished(() => model.close());
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'soul.yaml'), fakeSoul(model.baseUrl));
  const first = await start(folder, '127.0.0.1:0');
  const client = testClient(`http://${first.address}`, folder);
  const id = await client.newSession();
  const cut = client.run(id, 'count');
  cut.catch(() => undefined); // awaited below, after the kill
  await until('the answer to be on disk', async () => {
    return (await client.stored(id)).messages?.at(-1)?.message.content === 'One two ';
  });
  await stop(first, 'SIGKILL');
  await expect(cut).rejects.toThrow();

  const second = await start(folder, '127.0.0.1:0');
  const again = testClient(`http://${second.address}`, folder);
  await again.run(id, 'and?');
  expect((await again.stored(id)).messages?.map((message) => message.message.content)).toEqual([
    'count',
    'One two ',
    'and?',
    'Back.',
  ]);
  expect((await again.call('POST', `/api/sessions/${id}/resume`, { confirmation: 'approve' })).status).toBe(
    200,
  );
  expect(await stop(second, 'SIGTERM')).toBe(0);
});

it.each(['in mid-answer', 'inside a tool'])(
  'breaks its streams off on SIGTERM %s, and stores what was said',
  async (where) => {
    const inTool = where === 'inside a tool';
    const model = await startFakeModel(() =>
      inTool
        ? { toolCalls: [{ id: 'call_1', name: 'shell', arguments: '{"cmd":"sleep 60"}' }] }
        : {
            text: ['One ', 'two ', 'three'],
            beforePiece: (piece) => (piece === 2 ? new Promise(() => {}) : Promise.resolve()),
          },
    );
    onTestFinished(() => model.close());
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'soul.yaml'), fakeSoul(model.baseUrl, { toolsets: '\n      - type: shell' }));
    const agent = await start(folder, '127.0.0.1:0');
    const client = testClient(`http://${agent.address}`, folder);
    const id = await client.newSession();
    const seen: CagentEvent[] = [];
    const cut = client.run(id, 'go', { onEvent: (event) => seen.push(event) });
    cut.catch(() => undefined); // awaited below, after the end
    const last = inTool ? 'tool_call' : 'agent_choice';
    await until(
      'the run to be under way',
      () => seen.filter(({ type }) => type === last).length === (inTool ? 1 : 2),
    );
    expect(await stop(agent, 'SIGTERM')).toBe(0);
    await expect(cut).rejects.toThrow();
    expect(seen.some(({ type }) => type === 'stream_stopped')).toBe(false);

    const again = testClient(`http://${(await start(folder, '127.0.0.1:0')).address}`, folder);
    const stored = (await again.stored(id)).messages?.map(({ message }) => message) ?? [];
    if (inTool) expect(stored[1]?.tool_calls).toHaveLength(1);
    else expect(stored[1]?.content).toBe('One two ');
  },
);

it('listens on a socket of its user alone, takes over a dead one, and leaves a served one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'soul.yaml'), 'agents: { root: { model: offline/offline } }\n');
  const socket = join(folder, 'run/agent.sock');
  const first = await start(folder, `unix://${socket}`);
  expect(statSync(socket).mode & 0o077).toBe(0);
  expect(await ping(socket)).toBe(200);
  await stop(first, 'SIGKILL');
  expect(existsSync(socket)).toBe(true);

  await start(folder, `unix://${socket}`);
  expect(await ping(socket)).toBe(200);
  const third = spawn(
    process.execPath,
    [MAIN, 'serve', 'api', 'soul.yaml', '--listen', `unix://${socket}`, '--working-dir', folder],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  third.stderr.on('data', (piece: Buffer) => {
    said += piece;
  });
  expect(((await once(third, 'close')) as [number])[0]).toBe(1);
  expect(said).toContain('is served by another process');
});

it('reads cagent’s command line', () => {
  expect(
    parseCommand(
      ['serve', 'api', 'soul.yaml', '-l', 'unix:///run/a.sock', '-s', '/data/s.db', '--working-dir', 'w'],
      '/home',
    ),
  ).toEqual({
    name: 'serve',
    soulPath: '/home/w/soul.yaml',
    listen: { socket: '/run/a.sock' },
    sessionDb: '/data/s.db',
    workingDir: '/home/w',
  });
  expect(parseCommand(['version'], '/')).toEqual({ name: 'version' });
  for (const args of [
    ['run'],
    ['serve', 'api'],
    ['serve', 'api', 'a', '--pull-interval', '1'],
    ['serve', 'api', 'a', '-l', 'nowhere'],
  ]) {
    expect(() => parseCommand(args, '/')).toThrow();
  }
});

function ping(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/api/ping', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
