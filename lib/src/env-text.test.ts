import { expect, test } from 'vitest';
import { parseEnvText } from './env-text.ts';

// What Docker Compose 2.26 reads.
test.each([
  ['A=abc#def', 'abc#def'],
  ['A=#x', '#x'],
  ['A= #x', ''],
  ['A=abc #d#e', 'abc'],
  ['A=a#b #c', 'a#b'],
  ['A="abc"#def', 'abc'],
  ["A='abc #def' # more", 'abc #def'],
  ['A=a"b#c"', 'a"b#c"'],
  ['export A=b#c\r', 'b#c'],
  ['\uFEFFA=b#c', 'b#c'],
  ['A=x#1\nA=x', 'x'],
  ['A=x\nA=x#1', 'x#1'],
  ['B="\nA=x#1\n"\nA=x', 'x'],
])('%j', (text, value) => {
  expect(parseEnvText(text).A).toBe(value);
});

test('a line inside a value of several lines is no assignment', () => {
  expect(parseEnvText('B="\nA=x#1\n"')).toEqual({ B: '\nA=x#1\n' });
});
