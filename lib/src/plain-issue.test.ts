import { expect, test } from 'vitest';
import * as z from 'zod';
import { plainIssue } from './plain-issue.ts';

const schema = z.strictObject({
  kind: z.enum(['github', 'standard', 'bearer']),
  text: z.string().min(1).max(5),
  own: z.string().min(2, 'say more than that'),
  size: z.int().positive().max(9),
  list: z.array(z.string()).min(1),
  at: z.iso.datetime(),
  slug: z.string().regex(/^a+$/),
  flag: z.boolean(),
  names: z.record(z.string().regex(/^a+$/, 'a name has no b'), z.string()),
  one: z.discriminatedUnion('type', [
    z.object({ type: z.literal('a') }),
    z.object({ type: z.literal('b'), x: z.string() }),
  ]),
  either: z.union([z.string(), z.number()]),
  step: z.number().multipleOf(5),
});

const RIGHT = {
  kind: 'bearer',
  text: 'a',
  own: 'ab',
  size: 3,
  list: ['a'],
  at: '2026-03-01T14:05:00Z',
  slug: 'a',
  flag: true,
  names: { a: 'x' },
  one: { type: 'a' },
  either: 'x',
  step: 5,
};

test.each<[string, unknown, string]>([
  ['kind', 'open', 'must be github, standard or bearer'],
  ['text', undefined, 'is missing; it must be text'],
  ['text', 7, 'must be text'],
  ['text', '', 'must not be empty'],
  ['text', 'abcdef', 'must have at most 5 characters'],
  ['own', 'a', 'say more than that'], // what the schema itself says goes first
  ['size', 1.5, 'must be a whole number'],
  ['size', 0, 'must be more than 0'],
  ['size', 10, 'must be at most 9'],
  ['list', [], 'must not be empty'],
  ['list', {}, 'must be a list'],
  ['at', 'tomorrow', 'must be a moment such as 2026-03-01T14:05:00Z'],
  ['slug', 'b', 'is not written in the form that is taken here'],
  ['flag', 'yes', 'must be true or false'],
  ['names', { b: 'x' }, 'a name has no b'],
  ['one', { type: 'c' }, 'must be a or b'],
  ['either', true, 'has none of the forms that are taken here'],
  ['step', 7, 'must be a multiple of 5'],
  ['more', 1, 'has "more", which nothing reads'],
])('%s = %j', (name, value, message) => {
  expect(schema.safeParse(RIGHT, { error: plainIssue }).success).toBe(true);
  const result = schema.safeParse({ ...RIGHT, [name]: value }, { error: plainIssue });
  expect(result.error?.issues.map((issue) => issue.message)).toEqual([message]);
});
