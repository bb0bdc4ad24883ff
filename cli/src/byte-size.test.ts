import { expect, test } from 'vitest';
import { byteSize } from './byte-size.ts';

test.each([
  [0, '0 kB'],
  [1, '1 kB'],
  [31_901, '32 kB'],
  [1_500_000, '1.5 MB'],
  [74_100_000_000, '74.1 GB'],
])('%i bytes are %s', (bytes, text) => expect(byteSize(bytes)).toBe(text));
