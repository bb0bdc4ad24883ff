import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { linkSkills, readsLinkedSkills, withSkills } from './engine-skills.ts';
import { parseVersion } from './engine-version.ts';

const engine = (version: string, kind: 'cagent' | 'embedded' = 'cagent') => ({
  kind,
  numbers: parseVersion(version)?.version ?? null,
});
const EMBEDDED = engine('0.1.0', 'embedded');
const SOUL = 'version: "7" # v\nagents:\n  root: &root\n    model: m # cheap\n  heartbeat: { <<: *root }\n';

test('skills are switched on for root, and nothing else of the file changes', () => {
  const fitted = SOUL.replace('model: m', 'skills: true\n    model: m');
  for (const one of [EMBEDDED, engine('1.32.3'), engine('1.62.0'), engine('1.135.0')])
    expect(withSkills(SOUL, one)).toBe(fitted);
  expect(withSkills(SOUL.replaceAll('\n', '\r\n'), EMBEDDED)).toBe(fitted.replaceAll('\n', '\r\n'));
  expect(parse(withSkills('agents: { root: { model: m } }', EMBEDDED)).agents.root).toEqual({
    skills: true,
    model: 'm',
  });
});

test('engines that execute what stands in a skill of anybody, or whose version is unknown, are not given the key', () => {
  for (const version of ['1.32.5', '1.50.0', '1.61.9', 'dev', '1.20.0'])
    expect(withSkills(SOUL, engine(version))).toBe(SOUL);
});

test('what the owner wrote about skills stays, and so does a file that cannot be fitted', () => {
  for (const text of [
    SOUL.replace('model: m', 'skills: false\n    model: m'),
    'x: &x { skills: [local] }\nagents:\n  root:\n    <<: *x\n',
    SOUL.replace('"7"', '"2"'),
    'agents: [',
    'agents:\n  root:\n',
    '',
  ])
    expect(withSkills(text, EMBEDDED)).toBe(text);
});

test('the old cagent finds the published folder by a link, whatever the shell has put in its place', () => {
  expect([
    readsLinkedSkills(engine('1.32.3')),
    readsLinkedSkills(engine('1.62.0')),
    readsLinkedSkills(EMBEDDED),
  ]).toEqual([true, false, false]);
  const home = temporaryFolder();
  const kit = join(home, 'agent');
  const work = join(home, 'sessions/work');
  const outside = join(home, 'outside');
  for (const folder of [join(kit, 'skills/notes'), work, outside]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(kit, 'skills/notes/SKILL.md'), 'x');
  const link = join(work, '.agents/skills');

  symlinkSync(outside, join(work, '.agents'));
  linkSkills(work, kit);
  expect(existsSync(join(outside, 'skills'))).toBe(false);
  expect(readlinkSync(link)).toBe('../../../agent/skills');
  expect(readFileSync(join(link, 'notes/SKILL.md'), 'utf8')).toBe('x');

  const other = join(home, 'other/work');
  mkdirSync(join(other, '.agents/skills/own'), { recursive: true });
  linkSkills(other, kit);
  linkSkills(other, kit);
  expect(existsSync(join(other, '.agents/skills.set-aside/own'))).toBe(true);
  expect(existsSync(join(other, '.agents/skills/notes'))).toBe(true);
});
