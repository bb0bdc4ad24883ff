import { expect, test } from 'vitest';
import { isSupported, splitAttachments } from './attachments.ts';

const file = (name: string, mime: string, text: string) => ({
  name,
  mime,
  data: Buffer.from(text).toString('base64'),
});

test('pictures go as pictures, text inside a fence that it cannot end', () => {
  const { images, text } = splitAttachments([
    file('a.png', 'image/png', 'png'),
    file('b.md', 'text/markdown', '```js\nx\n```'),
  ]);
  expect(images).toEqual([{ dataUrl: `data:image/png;base64,${Buffer.from('png').toString('base64')}` }]);
  expect(text).toBe('\n\nAttached file "b.md":\n````\n```js\nx\n```\n````');
});

test('what the model could not read is not taken', () => {
  expect(
    ['image/png', 'text/csv', 'application/json'].map((mime) => isSupported(file('f', mime, ''))),
  ).toEqual([true, true, true]);
  expect(
    ['application/zip', 'image/tiff', 'audio/ogg'].map((mime) => isSupported(file('f', mime, ''))),
  ).toEqual([false, false, false]);
});
