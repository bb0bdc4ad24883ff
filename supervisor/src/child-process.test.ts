import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type ChildExit, ChildProcess, type ChildProcessOptions, describeExit } from './child-process.ts';
import { birthOf } from './process-table.ts';

const STUBBORN = fileURLToPath(new URL('fixtures/stubborn.mjs', import.meta.url));

interface Kept {
  child: ChildProcess;
  clock: ManualClock;
  output: () => string;
  exits: ChildExit[];
}

function keep(script: string, options: Partial<ChildProcessOptions> & { args?: string[] } = {}): Kept {
  const clock = new ManualClock();
  const chunks: Buffer[] = [];
  const exits: ChildExit[] = [];
  const child = new ChildProcess({
    command: () => ({ command: process.execPath, args: options.args ?? ['-e', script], env: {} }),
    log: { write: (chunk) => chunks.push(Buffer.from(chunk)) },
    clock,
    backoff: { firstMs: 100, maxMs: 1_000, random: () => 1 },
    onExit: (exit) => {
      exits.push(exit);
      return true;
    },
    ...options,
  });
  onTestFinished(() => child.kill());
  return { child, clock, output: () => Buffer.concat(chunks).toString(), exits };
}

const FOREVER = 'setInterval(() => undefined, 1000);';

test('the child gets the environment it was given and nothing of ours', async () => {
  process.env.MOBYCLAW_TEST_SECRET = 'leak';
  onTestFinished(() => {
    delete process.env.MOBYCLAW_TEST_SECRET;
  });
  const { child, output } = keep('', {
    command: () => ({
      command: process.execPath,
      args: ['-e', `console.log(JSON.stringify(process.env)); ${FOREVER}`],
      env: { ONLY: 'this' },
    }),
  });
  child.start();
  const text = await until('its output', () => output().includes('\n') && output());
  expect(JSON.parse(text)).toEqual({ ONLY: 'this' });
  await child.stop();
});

test('starts again with growing pauses, and a child that lived long enough begins anew', async () => {
  const { child, clock, exits } = keep('', { args: ['-e', 'process.exit(7)'], stableAfterMs: 5_000 });
  child.start();
  for (const [count, pauseMs] of [
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1_000],
  ] as const) {
    await until('an exit', () => exits.length === count && clock.waiting === 1);
    await clock.advance(pauseMs - 1);
    expect(child.snapshot.state).toBe('waiting');
    if (count === 5) break;
    await clock.advance(1);
  }
  expect(exits[0]).toMatchObject({ code: 7, signal: null });
  expect(child.snapshot.restarts).toBe(4);
  await child.stop();
  expect(clock.waiting).toBe(0);

  const stable = keep(FOREVER, { stableAfterMs: 5_000 });
  stable.child.start();
  for (let round = 1; round <= 3; round++) {
    const pid = await until('a child', () => stable.child.snapshot.pid);
    stable.clock.jump(5_000);
    process.kill(pid, 'SIGKILL');
    await until('its exit', () => stable.exits.length === round && stable.clock.waiting === 1);
    await stable.clock.advance(100);
  }
  expect(stable.exits.map((exit) => exit.signal)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
  await stable.child.stop();
});

test('one that ignores SIGTERM is killed after the grace', async () => {
  const { child, clock, output } = keep('', { args: [STUBBORN], graceMs: 3_000 });
  child.start();
  const pid = await until('it to be up', () => output().includes('up') && child.snapshot.pid);
  const stopped = child.stop();
  await until('it to refuse', () => output().includes('no'));
  expect(child.snapshot.state).toBe('stopping');
  await clock.advance(3_000);
  await stopped;
  expect(birthOf(pid)).toBeNull();
  expect(child.snapshot).toMatchObject({ state: 'stopped', pid: null });
});

test.runIf(process.platform === 'linux')(
  'nothing that it started outlives it, not even in a process group of its own',
  async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'jobs.sh');
    writeFileSync(script, `set -m\nsleep 1000 &\necho $! > ${folder}/job\nsleep 1000 &\nwait\n`);
    const clock = new ManualClock();
    const child = new ChildProcess({
      command: () => ({ command: '/bin/bash', args: [script], env: { PATH: process.env.PATH ?? '' } }),
      log: { write: () => undefined },
      clock,
    });
    onTestFinished(() => child.kill());
    child.start();
    const job = await until('its job', () => readNumber(join(folder, 'job')));
    expect(birthOf(job)).not.toBeNull();
    process.kill(child.snapshot.pid ?? 0, 'SIGKILL');
    await until('the job to be gone', () => birthOf(job) === null);
    await child.stop();
  },
);

test('a program that is not there is an exit like another', async () => {
  const { child, exits, clock } = keep('', {
    command: () => ({ command: '/nowhere/to/be/found', args: [], env: {} }),
  });
  child.start();
  await until('the exit', () => exits.length === 1);
  expect(describeExit(exits[0] as ChildExit)).toMatch(/^could not be started: .*ENOENT/);
  expect(child.snapshot).toMatchObject({ state: 'waiting', pid: null });
  await child.stop();
  expect(clock.waiting).toBe(0);
});

test('what it said last is at hand when it has ended', async () => {
  const { child, exits, output } = keep('', {
    args: ['-e', 'console.log("out"); console.error("why"); process.exit(2)'],
  });
  child.start();
  await until('the exit', () => exits.length === 1);
  expect(describeExit(exits[0] as ChildExit)).toBe('ended with code 2: why');
  expect(output()).toContain('out\n');
  await child.stop();
});

test('not started again where onExit says so; a start during a stop comes after it', async () => {
  const once = keep('', { args: ['-e', ''], onExit: () => false });
  once.child.start();
  await until('it to stay down', () => once.child.snapshot.state === 'stopped');
  expect(once.clock.waiting).toBe(0);

  const { child } = keep(FOREVER);
  child.start();
  const first = child.snapshot.pid;
  const stopped = child.stop();
  child.start();
  await stopped;
  const second = await until('the second', () => child.snapshot.pid);
  expect(second).not.toBe(first);
  expect(child.snapshot.restarts).toBe(0);
  await child.stop();
});

function readNumber(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
  } catch {
    return null;
  }
}
