import { LastLines } from '@mobyclaw/lib/last-lines';
import { expect, test } from 'vitest';
import { lastWords } from './last-words.ts';

test('lines are put together over chunks and characters, without colours, the newest kept', () => {
  const lines = new LastLines(2);
  const text = Buffer.from('one\ntwö\n\u001b[31mthree\u001b[0m\r\nfo');
  for (const byte of text) lines.push(Buffer.from([byte]));
  expect(lines.lines).toEqual(['three', 'fo']);
});

test('a line without end does not grow for ever', () => {
  const lines = new LastLines(3, 10);
  for (let index = 0; index < 100; index++) lines.push(Buffer.from('xxxxxxxx'));
  expect(lines.lines).toEqual(['xxxxxxxxxx']);
});

test('stderr speaks first, then the last error that a part logged', () => {
  const stdout = [
    '{"level":"info","msg":"listening"}',
    '{"level":"fatal","reason":"MOBYCLAW_TZ: it must be an IANA time zone","msg":"cannot start"}',
    '{"level":"info","msg":"bye"}',
    '{cut',
  ];
  expect(lastWords({ stdout, stderr: ['a', 'b'] })).toBe('b');
  expect(lastWords({ stdout, stderr: [] })).toBe('MOBYCLAW_TZ: it must be an IANA time zone');
  expect(
    lastWords({ stdout: ['{"level":"fatal","err":{"message":"EADDRINUSE"},"msg":"x"}'], stderr: [] }),
  ).toBe('EADDRINUSE');
  expect(lastWords({ stdout: ['plain words'], stderr: [] })).toBeNull();
});
