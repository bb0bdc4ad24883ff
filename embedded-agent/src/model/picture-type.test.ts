import { expect, it } from 'vitest';
import { pictureType } from './picture-type.ts';

it.each([
  ['a PNG that came as a JPEG', Buffer.from('89504e470d0a1a0a', 'hex'), 'image/png'],
  ['bytes of no known kind', Buffer.from('what?'), 'image/jpeg'],
])('%s', (_, bytes, type) => {
  expect(pictureType(bytes.toString('base64'), 'image/jpeg')).toBe(type);
});
