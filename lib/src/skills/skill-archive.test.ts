/** Zip archives: taken as tar archives are, and what is no ordinary file of a skill is refused in the same words. */
import { type ZipEntry, zipOf } from '@mobyclaw/testkit/zip-archive';
import { expect, test } from 'vitest';
import { readArchive, skillInArchive } from './skill-archive.ts';

const TEXT = '---\nname: notes\ndescription: Keeps notes.\n---\nDo it.\n';

const GOOD: ZipEntry = { name: 'notes/SKILL.md', text: TEXT };

test('a zip is taken, with what may be executed and without what begins with a dot', async () => {
  const files = await readArchive(
    zipOf([
      { name: 'notes/', mode: 0o040755 },
      GOOD,
      { name: 'notes/run.sh', text: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'notes/.DS_Store', text: 'x' },
      { name: 'notes/plain.txt', text: 'made where there is no Unix', mode: 0 },
    ]),
    'a.zip',
  );
  const { name, files: taken } = skillInArchive(files, 'a.zip');
  expect(name).toBe('notes');
  expect([...taken].map(([path, { executable }]) => [path, executable])).toEqual([
    ['SKILL.md', false],
    ['plain.txt', false],
    ['run.sh', true],
  ]);
  expect(Buffer.from(taken.get('SKILL.md')?.bytes ?? []).toString()).toBe(TEXT);
});

test.each<[string, ZipEntry[], RegExp]>([
  ['a path that leads out', [GOOD, { name: 'notes/../../evil', text: 'x' }], /leads out/],
  ['an absolute path', [GOOD, { name: '/tmp/evil', text: 'x' }], /leads out/],
  ['a path of Windows', [GOOD, { name: 'notes\\..\\evil', text: 'x' }], /has a sign/],
  [
    'a link',
    [GOOD, { name: 'notes/a', text: '/etc/passwd', mode: 0o120777 }],
    /neither a file nor a folder \(symlink\)/,
  ],
  ['a device', [GOOD, { name: 'notes/a', mode: 0o020600 }], /neither a file nor a folder \(device\)/],
  ['a file twice', [GOOD, { name: 'notes/./SKILL.md', text: 'x' }], /twice/],
  ['a bomb', [GOOD, { name: 'notes/a', text: '\0'.repeat(50_000_000) }], /more than 40000000 bytes/],
  [
    'a bomb that says it is small',
    [GOOD, { name: 'notes/a', text: '\0'.repeat(50_000_000), size: 10 }],
    /no archive that can be read/,
  ],
  ['no skill', [{ name: 'notes/README.md', text: 'x' }], /no SKILL\.md/],
  [
    'several',
    [GOOD, { name: 'other/SKILL.md', text: TEXT.replace('notes', 'other') }],
    /--only: notes, other/,
  ],
])('%s is refused', async (_what, entries, reason) => {
  const read = async () => skillInArchive(await readArchive(zipOf(entries), 'a.zip'), 'a.zip');
  await expect(read()).rejects.toThrow(reason);
});

test('one that is cut is told as none', async () => {
  const whole = zipOf([GOOD]);
  for (const bytes of [whole.subarray(0, 40), whole.subarray(0, -4), Buffer.from('PK')])
    await expect(readArchive(bytes, 'a.zip')).rejects.toThrow(/a\.zip is no archive that can be read/);
});
