import { expect, test } from 'vitest';
import { appendToSection } from './section-append.ts';

const MEMORY = '# Memory\n\n## People\n\n- Ada\n\n## Projects\n\nA boat.\n';

test('an entry goes to the end of its section, and nothing else changes', () => {
  expect(appendToSection(MEMORY, 'people', 'Grace').text).toBe(
    '# Memory\n\n## People\n\n- Ada\n- Grace\n\n## Projects\n\nA boat.\n',
  );
  expect(appendToSection(MEMORY, '## Projects', 'A kite').text).toBe(`${MEMORY}\n- A kite\n`);
});

test('a missing section is made at the end', () => {
  const appended = appendToSection(MEMORY, 'Preferences', 'tea');
  expect(appended).toMatchObject({ created: true, section: 'Preferences' });
  expect(appended.text).toBe(`${MEMORY}\n## Preferences\n\n- tea\n`);
  expect(appendToSection('', 'Notes', 'first').text).toBe('## Notes\n\n- first\n');
});

test('of two sections of one title the first takes it, and what stands before any heading is none', () => {
  const text = 'People I know\n\n## People\n\n- Ada\n\n## Boats\n\n## People\n\n- Grace\n';
  expect(appendToSection(text, 'People', 'Alan').text).toBe(text.replace('- Ada\n', '- Ada\n- Alan\n'));
  expect(appendToSection('- loose\n', '#', 'x')).toMatchObject({ created: true });
});

test('an empty section, also the last one, takes an entry', () => {
  expect(appendToSection('## A\n\n## B\n', 'A', 'x').text).toBe('## A\n\n- x\n\n## B\n');
  expect(appendToSection('## A\n\n## B', 'B', 'x').text).toBe('## A\n\n## B\n\n- x\n');
});

test('an identical line is not written twice, in the same section only', () => {
  expect(appendToSection(MEMORY, 'People', ' Ada ').added).toEqual([]);
  expect(appendToSection(MEMORY, 'People', 'Ada').text).toBe(MEMORY);
  expect(appendToSection(MEMORY, 'People', 'Ada\nGrace\nGrace').added).toEqual(['- Grace']);
  expect(appendToSection(MEMORY, 'Projects', 'Ada').added).toEqual(['- Ada']);
});

test('an entry that looks like a heading does not become one', () => {
  const { text } = appendToSection(MEMORY, 'People', '# Projects');
  expect(text).toContain('- # Projects\n\n## Projects');
});

test('a heading in a code fence is not a section', () => {
  const text = '```\n## People\n```\n';
  expect(appendToSection(text, 'People', 'x').text).toBe(`${text}\n## People\n\n- x\n`);
});

test('line ends and a byte order mark stay as they were', () => {
  const text = '\uFEFF## A\r\n\r\n- x\r\n';
  expect(appendToSection(text, 'A', 'y').text).toBe('\uFEFF## A\r\n\r\n- x\r\n- y\r\n');
});
