import { expect, test } from 'vitest';
import { Phrase } from './phrase.ts';

const WRITTEN = [
  'the Crème  Brûlée recipe',
  'THE CRE\u0300ME\nBRU\u0302LE\u0301E RECIPE',
  'ｃｒｅｍｅ　ｂｒｕｌｅｅ',
  '{"a":"cr\\u00e8me br\\u00FBl\\u00e9e"}',
  'cr\\u00e8me\\nbr\\u00fbl\\u00e9e',
  'https://x.test/?q=Cr%C3%A8me+br%c3%bbl%C3%A9e&a=1',
  'cre\u00adme brul\u200bee',
];

test.each(WRITTEN)('a phrase is found however it is written: %s', (text) => {
  const phrase = Phrase.of('Crème Brûlée') as Phrase;
  expect(phrase.isIn(text)).toBe(true);
  expect(Phrase.marked(phrase.mark).isIn(text)).toBe(true);
});

test('its mark finds it, and nothing that is only like it, and does not hold it', () => {
  const { mark } = Phrase.of('the blue bicycle') as Phrase;
  expect(JSON.stringify(mark)).not.toMatch(/blue|bicycle/i);
  const marked = Phrase.marked(mark);
  for (const other of ['the blue bicycl', 'the bleu bicycle', '', 'a'.repeat(5000), 'THE BLUE-BICYCLE'])
    expect(marked.isIn(other)).toBe(false);
  expect(marked.isIn(`${'x'.repeat(9999)}The Blue\tBicycle${'y'.repeat(99)}`)).toBe(true);
  expect(marked.isIn('still the blue bicycle')).toBe(true);
  expect(marked.isIn('nothing of it')).toBe(false);
});

test('the same phrase has another mark each time, and one of two signs has none', () => {
  expect(Phrase.of('secret')?.mark.hash).not.toBe(Phrase.of('secret')?.mark.hash);
  expect(Phrase.of(' a\u200bb ')).toBeNull();
});
