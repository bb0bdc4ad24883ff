import { parseEnvText } from '@mobyclaw/lib/env-text';
import { expect, test } from 'vitest';
import { editEnvText, quoteEnvValue } from './env-file.ts';

const OWN = '# mine\n#PORT=3000\nNAME=a # note\n\nKEEP="x y"\n';

test('one line changes, every other byte stays', () => {
  expect(editEnvText(OWN, { NAME: 'b' })).toBe('# mine\n#PORT=3000\nNAME=b\n\nKEEP="x y"\n');
  expect(editEnvText(OWN, { PORT: '4000' })).toBe('# mine\nPORT=4000\nNAME=a # note\n\nKEEP="x y"\n');
  expect(editEnvText(OWN, { NEW: 'z' })).toBe(`${OWN}NEW=z\n`);
  expect(editEnvText('', { NEW: 'z' })).toBe('NEW=z\n');
  expect(editEnvText(OWN, { NAME: null, ABSENT: null })).toBe('# mine\n#PORT=3000\n#NAME=\n\nKEEP="x y"\n');
});

test('a name that is part of another one, or of a sentence, is left alone', () => {
  const text = '# PORT of the API\nMY_PORT=1\nPORTS=2\n';
  expect(editEnvText(text, { PORT: '3' })).toBe(`${text}PORT=3\n`);
});

test('of several assignments the one that counts is changed, all are taken away', () => {
  expect(parseEnvText(editEnvText('A=1\nA=2\n', { A: '3' })).A).toBe('3');
  expect(parseEnvText(editEnvText('A=1\nexport A=2\n', { A: null })).A).toBeUndefined();
});

test.each([
  'plain',
  'with space',
  '$HOME',
  'a#b',
  'a "b"',
  "it's",
  '`x`',
  'ü=ä',
  '\\n',
  '#',
  '',
  'C:\\x\\',
  '\\',
])('%j is read back as it was', (value) => {
  expect(parseEnvText(editEnvText('', { A: value })).A).toBe(value);
});

test('a value that ends in \\ is written without quotes, within which Compose would read on', () => {
  expect(quoteEnvValue('A', 'C:\\dir\\')).toBe('C:\\dir\\');
  for (const value of ['a b\\', '#\\', '$x\\', "'\\"]) {
    expect(() => quoteEnvValue('A', value)).toThrow(/The value of A ends in \\ and/);
  }
});

test('what no quoting holds is refused, without the value', () => {
  const refused = (): string => quoteEnvValue('TOKEN', `it's $ecret`);
  expect(refused).toThrow(/TOKEN/);
  expect(refused).not.toThrow(/ecret/);
  expect(() => quoteEnvValue('TOKEN', 'a\nB=1')).toThrow(/line break/);
});
