import { expect, test } from 'vitest';
import { readCredentials } from './read-credentials.ts';

const LONG = 'ghp_abcdefghijKLMNOPQRST0123456789abcdef';
const read = (text: string) => readCredentials(text, 'credentials.env');
const hostsOf = (text: string, name = 'A') => read(text).all.find((one) => one.name === name);

test.each([
  [`A=${LONG} # hosts: api.github.com, github.com`],
  [`A=${LONG}\t#hosts:API.github.com,github.com`],
  [`export A=${LONG} # Hosts: api.github.com , github.com:443 `],
  [`A="${LONG}" # hosts: api.github.com, github.com`],
  [`A='${LONG}'# hosts: api.github.com, github.com`],
  [`\uFEFFA=${LONG} # hosts: api.github.com, github.com\r\nB=x\r\n`],
  [`A=other\nA = ${LONG} # hosts: api.github.com, github.com`],
  [`B="one\ntwo"\nA=${LONG} # hosts: api.github.com, github.com`],
])('hosts are read: %j', (text) => {
  expect(hostsOf(text)).toEqual({
    name: 'A',
    value: LONG,
    hosts: ['api.github.com', 'github.com'],
    inUrl: false,
  });
  expect(read(text).faults).toEqual([]);
});

test('a port that is not 443, and the address of a request, are named', () => {
  expect(hostsOf(`A=${LONG} # hosts: git.example.org:8443; url`)).toMatchObject({
    hosts: ['git.example.org:8443'],
    inUrl: true,
  });
});

test.each([
  ['A=x', 'x'],
  ['A=abc#def', 'abc#def'],
  ['A=abc # my token', 'abc'],
  ["export A='a b'", 'a b'],
  ['A="one\ntwo"', 'one\ntwo'],
  ['\uFEFFA=x\r\n', 'x'],
  // What stands inside of a value is no comment.
  [`A="${LONG} # hosts: api.github.com"`, `${LONG} # hosts: api.github.com`],
  [`A=${LONG}#hosts:api.github.com`, `${LONG}#hosts:api.github.com`],
  // Of two assignments the last one counts, with its comment.
  [`A=${LONG} # hosts: api.github.com\nA=x`, 'x'],
])('without hosts it is as before: %j', (text, value) => {
  expect(hostsOf(text)).toEqual({ name: 'A', value, hosts: null, inUrl: false });
  expect(read(text).faults).toEqual([]);
});

test('a line inside of a value of several lines names no hosts', () => {
  expect(hostsOf(`B="\nA=${LONG} # hosts: evil.example\n"\nA=${LONG}`)).toMatchObject({ hosts: null });
});

test.each([
  ['# hosts api.github.com', 'cannot be read'],
  ['# host: api.github.com', 'cannot be read'],
  ['# hosts: api.github.com; query', 'cannot be read'],
  ['# hosts:', 'is empty'],
  ['# hosts: a.example,', 'is empty'],
  ['# hosts: *.github.com', 'whoever owns a name below it'],
  ['# hosts: 127.0.0.1', 'is an address'],
  ['# hosts: https://api.github.com', 'api.github.com'],
  ['# hosts: a.example:99999', 'no port 99999'],
])('hosts that cannot be read are a fault, and the value goes nowhere: %s', (comment, message) => {
  const { all, faults } = read(`B=x\nA=${LONG} ${comment}`);
  expect(faults).toEqual([{ kind: 'hosts', message: expect.stringContaining(message) }]);
  expect(faults[0]?.message).toMatch(/^credentials\.env, line 2: A: /);
  expect(faults[0]?.message).not.toContain(LONG);
  expect(all.find(({ name }) => name === 'A')?.hosts).toEqual([]);
});

test.each([
  ['A=hunter2 # hosts: a.example', 'too short'],
  ['A="with a blank in it, and long" # hosts: a.example', 'blanks'],
  [`A="${LONG}\n${LONG}" # hosts: a.example`, 'line breaks'],
  [`A=${'x'.repeat(5000)} # hosts: a.example`, '4096'],
])('a value that cannot have a stand-in is a fault: %j', (text, message) => {
  expect(read(text).faults).toEqual([{ kind: 'hosts', message: expect.stringContaining(message) }]);
});

test('names and lines that cannot be used are named with their line', () => {
  const { faults } = read('OK=1\nTELEGRAM_BOT_TOKEN=x\nPATH=/x\nnonsense\n2X=y\n');
  expect(faults.map(({ kind, message }) => `${kind} ${message.slice(0, 24)}`)).toEqual([
    'name credentials.env, line 5:',
    'name credentials.env, line 3:',
    'name credentials.env, line 2:',
    'line credentials.env, line 4:',
  ]);
});
