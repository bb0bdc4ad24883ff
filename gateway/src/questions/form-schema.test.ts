import { expect, it } from 'vitest';
import { FormError, fieldsOf, fieldValue } from './form-schema.ts';

const form = (properties: object, required: string[] = []) => ({ type: 'object', properties, required });
const field = (schema: object, name = 'x') => {
  const [only] = fieldsOf(form({ [name]: schema }));
  if (!only) throw new Error('no field');
  return only;
};

it('reads each kind of field that the protocol has, in the order of the form', () => {
  const fields = fieldsOf(
    form(
      {
        name: { type: 'string', title: 'Your name', description: 'as printed', minLength: 2, maxLength: 9 },
        mail: { type: 'string', format: 'email', default: 'a@b.example' },
        age: { type: 'integer', minimum: 0, maximum: 130 },
        ratio: { type: 'number', default: 0.5 },
        news: { type: 'boolean', default: false },
        colour: { type: 'string', enum: ['r', 'g'], enumNames: ['Red', 'Green'] },
        size: { type: 'string', oneOf: [{ const: 's', title: 'Small' }, { const: 'l' }], default: 'l' },
        days: { type: 'array', items: { anyOf: [{ const: 'mo', title: 'Monday' }] }, minItems: 1 },
        tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, maxItems: 5, default: ['b'] },
      },
      ['name', 'days'],
    ),
  );
  expect(
    fields.map(({ name, title, required, wants, ...rest }) => [name, title, required, wants, rest.default]),
  ).toEqual([
    ['name', 'Your name', true, { type: 'text', minLength: 2, maxLength: 9 }, undefined],
    [
      'mail',
      'mail',
      false,
      { type: 'text', minLength: 1, maxLength: 10_000, format: 'email' },
      'a@b.example',
    ],
    ['age', 'age', false, { type: 'integer', minimum: 0, maximum: 130 }, undefined],
    ['ratio', 'ratio', false, { type: 'number' }, 0.5],
    ['news', 'news', false, { type: 'boolean' }, false],
    [
      'colour',
      'colour',
      false,
      {
        type: 'choice',
        choices: [
          { value: 'r', title: 'Red' },
          { value: 'g', title: 'Green' },
        ],
      },
      undefined,
    ],
    [
      'size',
      'size',
      false,
      {
        type: 'choice',
        choices: [
          { value: 's', title: 'Small' },
          { value: 'l', title: 'l' },
        ],
      },
      'l',
    ],
    [
      'days',
      'days',
      true,
      { type: 'choices', choices: [{ value: 'mo', title: 'Monday' }], minItems: 1, maxItems: 1 },
      undefined,
    ],
    [
      'tags',
      'tags',
      false,
      {
        type: 'choices',
        choices: [
          { value: 'a', title: 'a' },
          { value: 'b', title: 'b' },
        ],
        minItems: 0,
        maxItems: 2,
      },
      ['b'],
    ],
  ]);
  expect(fields[0]?.description).toBe('as printed');
});

it.each([undefined, null, {}, { type: 'object' }, { type: 'object', properties: {} }])(
  '%j is a free text, which cagent calls response',
  (schema) => {
    expect(fieldsOf(schema)).toMatchObject([{ name: 'response', required: true, wants: { type: 'text' } }]);
  },
);

it('takes a bare primitive', () => {
  expect(fieldsOf({ type: 'boolean', title: 'Sure?' })).toMatchObject([
    { name: 'response', title: 'Sure?', wants: { type: 'boolean' } },
  ]);
});

it.each([
  ['text', 'no object'],
  [{ type: 'array', items: {} }, 'array instead of an object'],
  [{ type: 'object', properties: [] }, 'properties'],
  [form({ x: { type: 'object', properties: {} } }), 'of a kind'],
  [form({ x: {} }), 'of a kind'],
  [form({ x: true }), 'not described'],
  [form({ x: { type: 'array', items: { type: 'string' } } }), 'list of anything'],
  [form({ x: { oneOf: [{ type: 'string' }, { type: 'number' }] } }), 'several kinds'],
  [form({ x: { enum: [1, 2] } }), 'no text'],
  [form({ x: { enum: [] } }), 'nothing to choose'],
  [form({ x: { enum: Array.from({ length: 101 }, (_, i) => `${i}`) } }), '101 choices'],
  [form({ x: { type: 'number', minimum: 2, maximum: 1 } }), 'no number fits'],
  [form({ x: { type: 'string', minLength: 3, maxLength: 2 } }), 'no text fits'],
  [form({ x: { type: 'array', items: { enum: ['a'] }, minItems: 2 } }), 'no choice fits'],
  [form({ x: { type: 'string' } }, ['y']), '"y"'],
  [
    form(Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, { type: 'string' }]))),
    '21 fields',
  ],
])('%j cannot be asked: %s', (schema, why) => {
  expect(() => fieldsOf(schema)).toThrow(FormError);
  expect(() => fieldsOf(schema)).toThrow(why);
});

it.each([
  ['password', {}],
  ['apiKey', {}],
  ['access_token', {}],
  ['otp', {}],
  ['ClientSecret', {}],
  ['pin', { type: 'integer' }],
  ['x', { format: 'password' }],
  ['x', { writeOnly: true }],
  ['x', { title: 'One-time code' }],
  ['x', { title: 'Your PIN' }],
])('%s %j is a secret, and its default is not kept', (name, schema) => {
  expect(field({ type: 'string', default: 'hunter2', ...schema }, name)).toMatchObject({ secret: true });
  expect(field({ type: 'string', default: 'hunter2', ...schema }, name).default).toBeUndefined();
});

it.each(['monkey', 'keyboard', 'opinion', 'shipping', 'city'])('%s is none', (name) => {
  expect(field({ type: 'string' }, name).secret).toBe(false);
});

it.each([
  [{ type: 'string', format: 'email' }, 'ada@example.org', 'ada', 'e-mail'],
  [{ type: 'string', format: 'uri' }, 'https://example.org/x', 'example', 'address'],
  [{ type: 'string', format: 'date' }, '2026-02-28', '2026-02-30', '2026-01-31'],
  [{ type: 'string', format: 'date-time' }, '2026-02-28T10:00:00Z', 'tomorrow', 'T18:30'],
  [{ type: 'string', enum: ['a', 'b'] }, 'b', 'c', '1 to 2'],
  [{ type: 'array', items: { enum: ['a'] }, minItems: 1 }, '1', '', 'at least 1'],
  [{ type: 'array', items: { enum: ['a', 'b'] }, maxItems: 1 }, 'b', '1,2', '1 at the most'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, 'b', '1,3', 'commas'],
])('%j takes %s and not %s', (schema, good, bad, why) => {
  const asked = field(schema);
  expect([fieldValue(asked, good)].flat().at(-1)).toBe(good === '1' ? 'a' : good);
  expect(() => fieldValue(asked, bad)).toThrow(why);
});

it('knows a choice by its value, its title, its number, in this order', () => {
  const asked = field({ enum: ['2', 'b', 'B'], enumNames: ['Two', 'small', 'big'] });
  expect(['2', '1', '3', 'two', 'b', 'B', ' BIG '].map((typed) => fieldValue(asked, typed))).toEqual([
    '2',
    '2',
    'B',
    '2',
    'b',
    'B',
    'B',
  ]);
  const days = field({ type: 'array', items: { enum: ['mo', 'tu', 'we'] } });
  expect(fieldValue(days, '3, mo ,we')).toEqual(['we', 'mo']);
  expect(fieldValue(days, '')).toEqual([]);
});
