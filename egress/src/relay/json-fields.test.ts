import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonFields } from './json-fields.ts';

const WANTED = ['model', 'usage', 'max_tokens'];

function read(text: string, pieceBytes: number): Record<string, unknown> {
  const fields = new JsonFields(WANTED);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) fields.write(bytes.subarray(at, at + pieceBytes));
  return Object.fromEntries([...fields.found].map(([name, value]) => [name, JSON.parse(value)]));
}

test('whatever is beside and within them, and wherever the text is cut, the fields of the object are found and no others', () => {
  const key = fc.oneof(fc.constantFrom(...WANTED, 'messages', 'a"b', '\\'), fc.string());
  const object = fc.dictionary(key, fc.jsonValue(), { maxKeys: 8 });
  fc.assert(
    fc.property(
      object,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 2),
      (value, pieceBytes, indent) => {
        const wanted = Object.fromEntries(Object.entries(value).filter(([name]) => WANTED.includes(name)));
        const text = JSON.stringify(value, null, indent);
        expect(read(text, pieceBytes)).toEqual(JSON.parse(JSON.stringify(wanted)));
      },
    ),
    { numRuns: 500 },
  );
});

test('of a list of objects those of the last that has them', () => {
  expect(read('[{"usage":{"a":1}},{"usage":{"a":2},"text":"{\\"usage\\":3}"},{"x":[]}]', 7)).toEqual({
    usage: { a: 2 },
  });
});

test('what is no JSON finds nothing and throws nothing', () => {
  for (const text of ['', '}}}]]]', '"model":"x"', '{"model"', '{"model":"x'])
    expect(read(text, 3)).toEqual({});
});
