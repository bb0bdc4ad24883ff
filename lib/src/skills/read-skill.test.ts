import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { readSkill } from './read-skill.ts';
import { parseSkillFile } from './skill-file.ts';

const parse = (text: string) => parseSkillFile(Buffer.from(text));

test('all fields of the format are read', () => {
  const head = [
    'name: pdf-forms2',
    'description: "Fills in forms: use it for PDFs."',
    'license: Apache-2.0',
    'compatibility: Needs git and network access',
    'metadata:',
    '  author: example-org',
    '  version: 1.5',
    'allowed-tools: Bash(git:*) Read',
  ];
  for (const end of ['\n', '\r\n']) {
    expect(parse(`\ufeff---${end}${head.join(end)}${end}---${end}# Do${end}---${end}this`)).toEqual({
      name: 'pdf-forms2',
      description: 'Fills in forms: use it for PDFs.',
      license: 'Apache-2.0',
      compatibility: 'Needs git and network access',
      metadata: { author: 'example-org', version: '1.5' },
      allowedTools: 'Bash(git:*) Read',
      body: `# Do${end}---${end}this`,
    });
  }
  expect(parse('---\nname: a\ndescription: b\n---')).toEqual({
    name: 'a',
    description: 'b',
    metadata: {},
    body: '',
  });
});

test('a folder is read with all that is in it, in order, and what its owner may execute', async () => {
  const folder = join(temporaryFolder(), 'notes');
  mkdirSync(join(folder, 'scripts/inner'), { recursive: true });
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, '.git/config'), 'not read');
  writeFileSync(join(folder, 'SKILL.md'), '---\nname: notes\ndescription: d\n---\nDo.');
  writeFileSync(join(folder, 'scripts/run.sh'), '#!/bin/sh\n');
  chmodSync(join(folder, 'scripts/run.sh'), 0o700);
  writeFileSync(join(folder, 'scripts/inner/empty file.txt'), '');
  const { files, name } = await readSkill(folder);
  expect(name).toBe('notes');
  expect([...files].map(([path, { executable }]) => [path, executable])).toEqual([
    ['SKILL.md', false],
    ['scripts/inner/empty file.txt', false],
    ['scripts/run.sh', true],
  ]);
});
