import { expect, test } from 'vitest';
import { findingOf } from './heartbeat-ok.ts';

test.each([
  'HEARTBEAT_OK',
  '  HEARTBEAT_OK\n',
  'heartbeat_ok',
  'Heartbeat OK',
  'HEARTBEAT-OK.',
  'HEARTBEAT_OK!',
  '**HEARTBEAT_OK**',
  '*HEARTBEAT_OK*',
  '__HEARTBEAT_OK__',
  'HEARTBEAT\\_OK',
  '`HEARTBEAT_OK`',
  '```\nHEARTBEAT_OK\n```',
  '```text\nHEARTBEAT_OK\n```\n',
  '"HEARTBEAT_OK"',
  '«HEARTBEAT_OK»',
  '✅ HEARTBEAT_OK',
  'HEARTBEAT_OK ✅',
  '> HEARTBEAT_OK',
  '- HEARTBEAT_OK',
  '# HEARTBEAT_OK',
  '<b>HEARTBEAT_OK</b>',
  'HEARTBEAT_OK – nothing to report.',
  'HEARTBEAT_OK\nAll items checked, nothing is due.',
  '**HEARTBEAT_OK** (nothing new)',
  '',
  '  \n',
])('is silent: %j', (answer) => {
  expect(findingOf(answer)).toBeNull();
});

test.each([
  ['The disk is 95 % full.', 'The disk is 95 % full.'],
  ['The disk is 95 % full.\n\nHEARTBEAT_OK', 'The disk is 95 % full.'],
  ['HEARTBEAT_OKAY is not the word', 'HEARTBEAT_OKAY is not the word'],
  ['HEARTBEAT_OK\n\nBut the disk is 95 % full.', 'But the disk is 95 % full.'],
  [`HEARTBEAT_OK ${'and so on '.repeat(20)}`, `HEARTBEAT_OK ${'and so on '.repeat(20)}`.trim()],
  ['```sh\ndf -h\n```', '```sh\ndf -h\n```'],
])('is a finding: %j', (answer, finding) => {
  expect(findingOf(answer)).toBe(finding);
});
