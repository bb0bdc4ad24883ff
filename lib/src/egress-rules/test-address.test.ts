import { expect, it } from 'vitest';
import { readRulesText } from './read-rules.ts';
import { readAddress, testAddress } from './test-address.ts';

it.each([
  ['example.com', { host: 'example.com', port: 443, path: null }],
  ['Example.com:8443', { host: 'example.com', port: 8443, path: null }],
  ['http://example.com', { host: 'example.com', port: 80, path: '/' }],
  ['https://example.com:1/a?b#c', { host: 'example.com', port: 1, path: '/a?b' }],
  ['https://10.0.0.1/', null],
  ['https://user@example.com/', null],
  ['example.com:0', null],
  ['example.com:99999', null],
  ['', null],
])('reads %j', (text, address) => {
  expect(readAddress(text)).toEqual(address);
});

it.each([
  ['a.com', 'allow', /names it\./],
  ['https://b.com/x', 'refuse', /only the paths \/ok/],
  ['https://b.com/ok', 'allow', /for GET \/ok/],
  ['b.com', 'allow', /for GET/],
  ['c.com', 'refuse', /deny/],
  ['d.com', 'ask', /would be asked/],
])('tells what becomes of %j', (text, verdict, reason) => {
  const read = readRulesText(
    'allow: [a.com, { host: b.com, methods: [GET], paths: [/ok] }]\ndeny: [c.com]\n',
  );
  const address = readAddress(text);
  if ('problem' in read || !address) throw new Error('unreadable');
  const result = testAddress(read.rules, address);
  expect([result.verdict, result.reason]).toEqual([verdict, expect.stringMatching(reason)]);
});
