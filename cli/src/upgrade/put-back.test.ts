/** The data of before an upgrade, brought back in place: what is replaced is set aside, what runs stays. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Context } from '../context.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { runCli } from '../testing/run-cli.ts';
import { type Journal, readJournal } from './journal.ts';
import { putBack } from './put-back.ts';

async function upgraded() {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const at = (...names: string[]): string => join(home, ...names);
  const write = (text: string, ...names: string[]): void => writeFileSync(at(...names), text);
  for (const name of ['memory', 'run', 'logs', 'backups', 'models']) mkdirSync(at(name), { recursive: true });
  write('old words', 'MEMORY.md');
  write('old note', 'memory', 'note.md');
  write('old', 'SOUL.md');
  const backup = at('backups', 'before-upgrade-1.tar.gz');
  const made = await runCli(['backup', backup], { home: folder, env: { MOBYCLAW_HOME: home } });
  expect(made.code, made.stderr).toBe(0);
  // What the new version has made of it.
  write('new words', 'MEMORY.md');
  write('new note', 'memory', 'note.md');
  write('new', 'memory', 'other.md');
  rmSync(at('SOUL.md'));
  write('new', 'made by the new version');
  write('kept', 'logs', 'gateway.log');
  write('kept', 'models', 'model.onnx');
  const terminal = Object.assign(memoryTerminal(false), { env: { MOBYCLAW_HOME: home } });
  const context = new Context({ terminal, checkout: folder, version: '0.1.0' });
  const journal: Journal = {
    mode: 'local',
    startedAt: new Date().toISOString(),
    step: 'back',
    before: { version: '0.1.0', source: null },
    backup,
    schema: null,
    putBack: null,
  };
  const read = (...names: string[]): string => readFileSync(at(...names), 'utf8');
  return { context, journal, at, read };
}

test('everything is as the backup has it, and what was there is set aside', async () => {
  const { context, journal, at, read } = await upgraded();
  const done = await putBack(context, journal);
  expect(read('models', 'model.onnx')).toBe('kept');
  expect([read('MEMORY.md'), read('memory', 'note.md'), read('SOUL.md')]).toEqual([
    'old words',
    'old note',
    'old',
  ]);
  expect(existsSync(at('memory', 'other.md'))).toBe(false);
  expect(existsSync(at('made by the new version'))).toBe(false);
  expect(read('logs', 'gateway.log')).toBe('kept');
  const aside = done.putBack?.aside ?? '';
  expect(readdirSync(aside).toSorted()).toEqual(['MEMORY.md', 'made by the new version', 'memory']);
  expect(readFileSync(join(aside, 'MEMORY.md'), 'utf8')).toBe('new words');
  expect(readdirSync(join(aside, 'memory')).toSorted()).toEqual(['note.md', 'other.md']);
  expect(readJournal(context.data)?.putBack).toMatchObject({ done: true });
  expect(existsSync(at('run', 'putting-back'))).toBe(false);
});

test('what is done is not done again, and what a kill left is gone on from', async () => {
  const { context, journal, at, read } = await upgraded();
  const done = await putBack(context, journal);
  writeFileSync(at('MEMORY.md'), 'written since');
  expect(await putBack(context, done)).toEqual(done);
  expect(read('MEMORY.md')).toBe('written since');

  const killed = await upgraded();
  const names = ['MEMORY.md', 'SOUL.md', 'memory'];
  const plan = { aside: killed.at('backups', 'after-upgrade-1'), names, done: false };
  mkdirSync(killed.at('run', 'putting-back', 'memory'), { recursive: true }); // MEMORY.md is in its place already
  writeFileSync(killed.at('MEMORY.md'), 'old words');
  writeFileSync(killed.at('run', 'putting-back', 'SOUL.md'), 'old');
  writeFileSync(killed.at('run', 'putting-back', 'memory', 'note.md'), 'old note');
  await putBack(killed.context, { ...killed.journal, putBack: plan });
  expect(['MEMORY.md', 'SOUL.md'].map((name) => killed.read(name))).toEqual(['old words', 'old']);
  expect(readdirSync(killed.at('memory'))).toEqual(['note.md']);
  expect(readFileSync(join(plan.aside, 'memory', 'note.md'), 'utf8')).toBe('new note');
});
