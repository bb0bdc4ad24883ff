import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { AgentFiles } from './agent-files.ts';

interface World {
  root: string;
  read(path: string, mostBytes?: number): Promise<string>;
}

function world(): World {
  const root = temporaryFolder();
  for (const folder of ['work', 'home', 'notes']) mkdirSync(join(root, folder));
  const files = new AgentFiles({
    cwd: join(root, 'work'),
    home: join(root, 'home'),
    workspace: (name) => (name === 'notes' ? join(root, 'notes') : null),
  });
  return {
    root,
    read: async (path, mostBytes = 1000) => {
      const { name, data } = await files.read(path, mostBytes);
      return `${name}: ${data}`;
    },
  };
}

test('a file is found where the agent’s shell and the workspace tools find it', async () => {
  const { root, read } = world();
  writeFileSync(join(root, 'work/chart.png'), 'chart');
  writeFileSync(join(root, 'home/letter.txt'), 'letter');
  writeFileSync(join(root, 'notes/plan.md'), 'plan');
  expect(await read('chart.png')).toBe('chart.png: chart');
  expect(await read(join(root, 'work/chart.png'))).toBe('chart.png: chart');
  expect(await read('~/letter.txt')).toBe('letter.txt: letter');
  expect(await read('notes/plan.md')).toBe('plan.md: plan');
});

test('a file is found by the name that it looks like', async () => {
  const { root, read } = world();
  const there = 'U\u0308bersicht.txt'; // as macOS writes it
  writeFileSync(join(root, 'notes', there), 'all');
  expect(await read('notes/\u00dcbersicht.txt')).toBe(`${there}: all`);
});

test('what is no ordinary file, too large or not there is refused with what to do', async () => {
  const { root, read } = world();
  writeFileSync(join(root, 'work/large'), 'x'.repeat(1001));
  writeFileSync(join(root, 'work/empty'), '');
  const refusal = async (path: string): Promise<string> => {
    const error = await read(path).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(HttpProblem);
    return `${(error as HttpProblem).type}: ${(error as HttpProblem).message}`;
  };
  expect(await refusal('nowhere.txt')).toBe('not-found: There is no file nowhere.txt.');
  expect(await refusal('notes/../../secret')).toMatch(/^not-found/);
  expect(await refusal('large')).toMatch(/^payload-too-large/);
  expect(await refusal('empty')).toMatch(/empty/);
  expect(await refusal('.')).toMatch(/no file/);
  expect(await refusal('a\0b')).toMatch(/^bad-request/);
});

test.skipIf(process.platform !== 'linux')('the keys of this process cannot be had, by no name', async () => {
  const { root, read } = world();
  symlinkSync('/proc/self/environ', join(root, 'work/innocent.txt'));
  for (const path of ['/proc/self/environ', 'innocent.txt', '/proc/1/environ', '/dev/zero']) {
    await expect(read(path)).rejects.toThrow(HttpProblem);
  }
});
