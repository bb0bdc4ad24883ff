/** Completion as the shells themselves work it out. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { beforeAll, describe, expect, test } from 'vitest';
import { Context } from '../context.ts';
import { fullProgram } from '../program.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { completionScript } from './script.ts';

const scripts = { bash: '', zsh: '', fish: '' };

beforeAll(async () => {
  const context = new Context({ terminal: memoryTerminal(false), checkout: '/none', version: '0' });
  const program = await fullProgram(context);
  for (const shell of ['bash', 'zsh', 'fish'] as const) scripts[shell] = completionScript(program, shell);
});

/** These two are a convenience where they are; no machine needs them for the tests. */
function isThere(shell: 'zsh' | 'fish'): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

/** What bash offers for the last of `words`. */
function bash(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `${scripts.bash}\nCOMP_WORDS=(mobyclaw ${quoted}); COMP_CWORD=${words.length}; _mobyclaw; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe.skipIf(!requireTool('bash'))('bash', () => {
  test('commands, commands of commands, options and choices', () => {
    expect(bash('re')).toEqual(['restart', 'restore']);
    expect(bash('workspace', '')).toEqual(['list', 'add', 'remove']);
    expect(bash('workspace', 'add', '--m')).toEqual(['--mode']);
    expect(bash('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(bash('--no-such', 'up', '--lo')).toEqual(['--local']);
    expect(bash('backup', 'file')).toEqual([]); // files are the shell's own
  });
});

test.skipIf(!isThere('zsh'))('zsh reads it', () => {
  const file = join(temporaryFolder(), 'completion.zsh');
  writeFileSync(file, scripts.zsh);
  const script = `autoload -U compinit && compinit -u -d ${file}.dump; source ${file}; print $_comps[mobyclaw]`;
  expect(execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8' })).toContain('_bash_complete');
});

test.skipIf(!isThere('fish'))('fish offers the same', () => {
  const ask = (line: string): string[] =>
    execFileSync('fish', ['--no-config', '-c', `${scripts.fish}\ncomplete -C '${line}'`], {
      encoding: 'utf8',
      env: { ...process.env, HOME: temporaryFolder() },
    })
      .split('\n')
      .flatMap((text) => text.split('\t')[0] || []);
  expect(ask('mobyclaw re')).toEqual(['restart', 'restore']);
  expect(ask('mobyclaw workspace ')).toEqual(expect.arrayContaining(['add', 'list', 'remove']));
  expect(ask('mobyclaw up --lo')).toEqual(['--local']);
});
