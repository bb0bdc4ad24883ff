import { expect, test } from 'vitest';
import { imageTypeOf, mediaTypeOf } from './media-type.ts';

test.each([
  ['holiday.JPG', 'image/jpeg'],
  ['/home/ada/notes.v2.md', 'text/markdown'],
  ['Brief.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['Makefile', 'application/octet-stream'],
  ['of.unknown', 'application/octet-stream'],
])('%s is %s', (name, type) => {
  expect(mediaTypeOf(name)).toBe(type);
});

test.each([
  ['89504e470d0a1a0a0000', 'image/png'],
  ['ffd8ffe0', 'image/jpeg'],
  ['474946383961', 'image/gif'],
  ['524946460000000057454250', 'image/webp'],
  ['524946460000000057415645', null], // a sound in the same container
  ['255044462d312e37', null],
  ['89504e47', null], // cut
  ['', null],
])('bytes %s are %s', (hex, type) => {
  expect(imageTypeOf(Uint8Array.from(Buffer.from(hex, 'hex')))).toBe(type);
});
