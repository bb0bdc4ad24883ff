import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundledDefaults } from '../data-folder.ts';
import { soulHash, soulProblem } from './soul-syntax.ts';

const problem = (text: string) => soulProblem(Buffer.from(text));

test('the soul.yaml that is delivered is sound', () => {
  const bytes = readFileSync(join(bundledDefaults(), 'soul.yaml'));
  expect(soulProblem(bytes)).toBeNull();
  expect(soulHash(bytes)).toMatch(/^[0-9a-f]{16}$/);
});

test('a syntax error is told with line and column', () => {
  expect(problem('version: "7"\nagents:\n  root: [unclosed\n')).toMatchObject({ line: 4, column: 1 });
  expect(problem('agents:\n\troot: {}\n')).toMatchObject({ line: 2 });
});

test('a key that stands twice is an error where it stands again', () => {
  const found = problem('agents:\n  root:\n    model: a\n    model: b\n');
  expect(found).toMatchObject({ line: 4, column: 5 });
  expect(found?.message).toContain('unique');
});

test('what is no agent file at all is told so', () => {
  expect(problem(':: not [ yaml')?.message).toContain('root');
  expect(problem('just words')?.message).toContain('mapping');
  expect(problem('- a\n- b\n')?.message).toContain('mapping');
  expect(problem('version: "7"\nmodels: {}\n')?.message).toContain('root');
  expect(problem('agents:\n  other: {}\n')).toMatchObject({ line: 2 });
  expect(problem('agents: {root: *nowhere}\n')?.message).toContain('nowhere');
  expect(problem('a: 1\n---\nb: 2\n')).not.toBeNull();
});

test('bytes that are no text are told so', () => {
  expect(soulProblem(Buffer.from([0xff, 0xfe, 0x00]))?.message).toContain('UTF-8');
});
