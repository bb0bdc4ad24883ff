/** What a skill may be made of to do harm, one a line: each is refused with a reason, whatever else is right with it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { readSkill } from './read-skill.ts';
import { SkillError } from './skill-file.ts';

const GOOD = '---\nname: notes\ndescription: Keeps notes.\n---\nDo it.\n';
const head = (...lines: string[]): string =>
  `---\nname: notes\ndescription: d\n${lines.join('\n')}\n---\nDo it.\n`;
const named = (name: string): string => `---\nname: ${name}\ndescription: d\n---\nDo it.\n`;

const HEADS: [string, string | Buffer, RegExp][] = [
  ['no head', 'Do it.', /must begin with a line ---/],
  ['a head that does not end', '---\nname: notes\n', /must begin with a line ---/],
  ['an empty head', '---\n---\nDo it.', /no name: and description:/],
  ['a head that is a list', '---\n- name\n---\n', /no name: and description:/],
  ['another name than its folder', named('other'), /Both must be the same/],
  ['capitals in the name', named('Notes'), /lowercase/],
  ['a path as the name', named('../notes'), /lowercase/],
  ['a name with a Cyrillic letter that looks like an o', named('n\u043etes'), /lowercase/],
  ['a name with a letter that is not seen', named('notes\u200b'), /lowercase/],
  ['a name with full-width letters', named('\uff4eotes'), /lowercase/],
  ['two hyphens in the name', named('no--tes'), /lowercase/],
  ['a hyphen at the end of the name', named('notes-'), /lowercase/],
  ['a name that is too long', named('n'.repeat(65)), /at most 64/],
  ['a name that is a list', named('[notes]'), /must be text/],
  ['no description', '---\nname: notes\n---\n', /description is missing/],
  ['a blank description', '---\nname: notes\ndescription: "  "\n---\n', /not be empty/],
  ['a description that is too long', `---\nname: notes\ndescription: ${'x'.repeat(1025)}\n---\n`, /1024/],
  ['a hook', head('hooks:', '  PreToolUse: curl evil.example'), /"hooks", which nothing reads/],
  ['a key of one engine', head('context: fork'), /"context"/],
  ['a command to start with', head('command: sh -c id'), /"command"/],
  ['__proto__', head('__proto__: { enabled: true }'), /__proto__|must be/],
  ['a list in the metadata', head('metadata: { a: [1] }'), /metadata/],
  ['a key twice', head('description: another'), /unique/],
  ['an anchor', head('license: &a MIT'), /anchor/],
  ['an alias', head('license: &a MIT', 'compatibility: *a'), /anchor|alias/],
  [
    'aliases of aliases',
    head(
      'metadata:',
      '  a: &a [x,x]',
      ...[...'bcdefghi'].map((key, i) => `  ${key}: &${key} [*${'abcdefgh'[i]},*${'abcdefgh'[i]}]`),
    ),
    /anchor|alias/,
  ],
  ['a tag that makes an object', head('license: !!js/function "x"'), /not read/],
  ['a merge', head('<<: { name: other }'), /"<<"/],
  ['brackets without end', head(`metadata: ${'['.repeat(7000)}`), /too deep|not read/],
  ['a head without end', head(`license: ${'x'.repeat(20_000)}`), /longer than/],
  ['a NUL', named('notes').replace('Do', 'D\0o'), /zero bytes/],
  ['bytes that are no text', Buffer.concat([Buffer.from(GOOD), Buffer.from([0xc3, 0x28])]), /UTF-8/],
  ['a text without end', GOOD + 'x'.repeat(100_001), /more than 100000/],
];

test.each(HEADS)('%s is refused', async (_what, content, reason) => {
  const folder = make({ 'SKILL.md': content });
  const refused = await readSkill(folder).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SkillError);
  expect((refused as Error).message).toMatch(reason);
});

const FOLDERS: [string, (folder: string) => void, RegExp][] = [
  [
    'a link to a file outside',
    (folder) => symlinkSync('/etc/passwd', join(folder, 'a.md')),
    /a\.md is a link/,
  ],
  ['a link to a folder outside', (folder) => symlinkSync('/etc', join(folder, 'docs')), /docs is a link/],
  ['a link within', (folder) => symlinkSync('SKILL.md', join(folder, 'a.md')), /is a link/],
  ['a dead link', (folder) => symlinkSync('nowhere', join(folder, 'a.md')), /is a link/],
  ['a pipe', (folder) => execFileSync('mkfifo', [join(folder, 'pipe')]), /is a pipe/],
  ['a huge file', (folder) => large(join(folder, 'a.bin'), 1_000_001), /more than 1000000/],
  ['a file with holes', (folder) => large(join(folder, 'a.bin'), 2 ** 40), /more than 1000000/],
  [
    'many large files',
    (folder) => each(5, (n) => large(join(folder, `${n}.bin`), 900_000)),
    /bytes together/,
  ],
  [
    'many files',
    (folder) => each(101, (n) => writeFileSync(join(folder, `${n}`), '')),
    /more than 100 files/,
  ],
  ['many folders', (folder) => each(1001, (n) => mkdirSync(join(folder, `${n}`))), /more than 1000 entries/],
  [
    'folders without end',
    (folder) => mkdirSync(join(folder, 'a/'.repeat(200)), { recursive: true }),
    /folders deep/,
  ],
  ['a name that begins a new line', (folder) => writeFileSync(join(folder, 'a\nb'), ''), /has a sign/],
  ['a name that runs backwards', (folder) => writeFileSync(join(folder, 'a\u202egpj.sh'), ''), /has a sign/],
  [
    'a name that looks like another',
    (folder) => writeFileSync(join(folder, 'SK\u0406LL.md'), ''),
    /has a sign/,
  ],
  [
    'a name that is no UTF-8',
    (folder) => writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), ''),
    /has a sign/,
  ],
  ['a name that differs in capitals', (folder) => writeFileSync(join(folder, 'skill.md'), GOOD), /capitals/],
  ['a name with a backslash', (folder) => writeFileSync(join(folder, 'a\\..\\b'), ''), /has a sign/],
  ['a name that orders something', (folder) => writeFileSync(join(folder, '$(id)'), ''), /has a sign/],
];

test.each(FOLDERS)('%s is refused', async (_what, plant, reason) => {
  const folder = make({ 'SKILL.md': GOOD });
  plant(folder);
  const refused = await readSkill(folder).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SkillError);
  expect((refused as Error).message).toMatch(reason);
});

test('a socket is refused', async () => {
  const folder = make({ 'SKILL.md': GOOD });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  onTestFinished(() => void server.close());
  await expect(readSkill(folder)).rejects.toThrow(/is a socket/);
});

test('a link in the place of the folder, and a SKILL.md that is a folder, are refused', async () => {
  const folder = make({ 'SKILL.md': GOOD });
  const linked = join(temporaryFolder(), 'notes');
  symlinkSync(folder, linked);
  await expect(readSkill(linked)).rejects.toThrow(/is no folder, but a link/);
  const other = join(temporaryFolder(), 'notes');
  mkdirSync(join(other, 'SKILL.md'), { recursive: true });
  await expect(readSkill(other)).rejects.toThrow(/no SKILL.md/);
});

test('what the tests plant is refused for itself: without it, the skill is read', async () => {
  expect((await readSkill(make({ 'SKILL.md': GOOD }))).description).toBe('Keeps notes.');
});

function make(files: Record<string, string | Buffer>): string {
  const folder = join(temporaryFolder(), 'notes');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  chmodSync(folder, 0o700);
  return folder;
}

function large(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

function each(count: number, make: (n: number) => void): void {
  for (let n = 0; n < count; n++) make(n);
}
