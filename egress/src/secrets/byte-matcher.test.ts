import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteMatcher } from './byte-matcher.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test('a value is replaced wherever it lies, however the stream is cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'x'), maxLength: 60 });
  const cuts = fc.array(fc.nat(60), { maxLength: 10 });
  fc.assert(
    fc.property(text, cuts, (whole, places) => {
      const matcher = new ByteMatcher([bytes('abab'), bytes('xx')], [bytes('1234'), bytes('56')]);
      const at = [0, ...places.filter((place) => place < whole.length).sort((a, b) => a - b), whole.length];
      const out = at.slice(1).map((end, index) => matcher.push(bytes(whole.slice(at[index], end))).ready);
      const seen = Buffer.concat([...out, matcher.end()]).toString('latin1');
      expect(seen).toHaveLength(whole.length);
      expect(seen).not.toContain('xx');
      expect(seen).not.toContain('abab');
      expect(seen.replace(/[^ab]/g, '')).not.toBe(undefined);
    }),
  );
});

test('nothing is held back but what may be the beginning of a value', () => {
  const matcher = new ByteMatcher([bytes('secret')], [bytes('public')]);
  expect(matcher.push(bytes('data: hello\n\n')).ready.toString()).toBe('data: hello\n\n');
  expect(matcher.push(bytes('the sec')).ready.toString()).toBe('the ');
  expect(matcher.push(bytes('ond')).ready.toString()).toBe('second');
  expect(matcher.push(bytes('sse')).ready.toString()).toBe('s');
  expect(matcher.push(bytes('cret!')).ready.toString()).toBe('public!');
  expect(matcher.push(bytes('secre')).ready.toString()).toBe('');
  expect(matcher.end().toString()).toBe('secre');
});

test('what is only looked for is found over chunks', () => {
  const matcher = new ByteMatcher([bytes('one'), bytes('two')]);
  expect(matcher.push(bytes('a tw')).found).toEqual([]);
  expect(matcher.push(bytes('o b')).found).toEqual([1]);
});
