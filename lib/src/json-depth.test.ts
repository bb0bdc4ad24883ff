import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTooDeep, jsonBodyProblem, MOST_JSON_DEPTH } from './json-depth.ts';

const bytes = (text: string) => Buffer.from(text);

describe('nested JSON', () => {
  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
    ['both', '[{"a":', '}]'],
  ])('of %s is taken up to the bound and not beyond', (_, open, close) => {
    const levels = MOST_JSON_DEPTH / (open.length === 6 ? 2 : 1);
    const nested = (count: number) => bytes(`${open.repeat(count)}1${close.repeat(count)}`);
    expect(isTooDeep(nested(levels))).toBe(false);
    expect(isTooDeep(nested(levels + 1))).toBe(true);
    expect(isTooDeep(bytes(open.repeat(100_000)))).toBe(true);
  });

  it('is not what stands in strings, however they are written', () => {
    const brackets = '['.repeat(1000);
    for (const text of [brackets, `\\"${brackets}`, `\\\\\\"${brackets}`, `é😀${brackets}`, '"\\']) {
      expect(isTooDeep(bytes(JSON.stringify({ text, wide: [[], [], {}] })))).toBe(false);
    }
  });

  it('is measured as the parser nests it', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }),
        fc.integer({ min: 0, max: 6 }),
        (value, most) => {
          expect(isTooDeep(bytes(JSON.stringify(value)), most)).toBe(depthOf(value) > most);
        },
      ),
    );
  });

  it('cannot hide in another encoding', () => {
    expect(jsonBodyProblem(Buffer.from('[]', 'utf16le'), 'utf-16le')).toMatch(/UTF-8/);
    expect(jsonBodyProblem(bytes('[]'), 'utf-8')).toBeNull();
  });
});
