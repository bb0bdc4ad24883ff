import { expect, test } from 'vitest';
import { readHostName } from './host-name.ts';

test.each([
  ['example.com', 'example.com'],
  ['API.GitHub.com', 'api.github.com'],
  ['a-b_c.d1.co', 'a-b_c.d1.co'],
  ['nas', 'nas'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['1.2.3.4.example.com', '1.2.3.4.example.com'],
  [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
])('%s is a name', (text, name) => {
  expect(readHostName(text)).toEqual({ name });
});

test.each([
  ['127.0.0.1', 'address'],
  ['127.1', 'address'],
  ['2130706433', 'address'],
  ['0x7f000001', 'address'],
  ['0x7f.0.0.0x1', 'address'],
  ['0177.0.0.1', 'address'],
  ['0x', 'address'],
  ['example.1', 'address'],
  ['[::1]', 'address'],
  ['::1', 'address'],
  ['::ffff:127.0.0.1', 'address'],
  ['fe80::1%eth0', 'address'],
  ['1.2.3.4.', 'dot'],
  ['example.com.', 'dot'],
  ['', 'empty'],
  ['a..b.com', 'no name'],
  ['.example.com', 'no name'],
  ['-a.com', 'no name'],
  ['a-.com', 'no name'],
  ['a b.com', 'no name'],
  ['a/b.com', 'no name'],
  ['a\\b.com', 'no name'],
  ['example.com\0.evil.org', 'not ASCII'],
  ['example.com\r\nhost: evil', 'not ASCII'],
  ['exam\tple.com', 'not ASCII'],
  ['example.com\x7f', 'not ASCII'],
  ['１２７.０.０.１', 'not ASCII'],
  ['ехample.com', 'not ASCII'], // a Cyrillic e and x
  ['example。com', 'not ASCII'],
  ['user@example.com', '@'],
  ['example%2ecom', 'address'],
  [`${'a'.repeat(64)}.com`, 'no name'],
  [`${'a.'.repeat(130)}com`, '253'],
  ['xn--a.com', 'xn--'],
  ['xn--github-.com', 'no name'],
  ['xn--abc-.example', 'no name'],
])('%j is none', (text, fault) => {
  expect(readHostName(text)).toEqual({ fault: expect.stringContaining(fault) });
});
