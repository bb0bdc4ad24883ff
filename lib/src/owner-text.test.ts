import { expect, test } from 'vitest';
import { ownerText } from './owner-text.ts';

const TEXT = 'Zwölf=Boxkämpfer 😀\r\nB=2\n';
const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
const utf16 = Buffer.from(`\uFEFF${TEXT}`, 'utf16le');

test.each([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with a mark', Buffer.from(`\uFEFF${TEXT}`)],
  ['UTF-16LE', utf16],
  ['UTF-16BE', swapped(utf16)],
])('%s is read as it was written', (_name, bytes) => {
  expect(ownerText(bytes)).toBe(TEXT);
});

test.each([
  ['UTF-16 without a mark', Buffer.from(TEXT, 'utf16le')],
  ['Latin-1', Buffer.from('Größe', 'latin1')],
  ['half a character', Buffer.from([0xff, 0xfe, 0x41])],
])('%s is refused, with what to do', (_name, bytes) => {
  expect(() => ownerText(bytes)).toThrow(/save it as UTF-8/);
});

test('nothing is nothing', () => {
  expect(ownerText(Buffer.alloc(0))).toBe('');
});
