import { expect, it } from 'vitest';
import { exactJson, sameJson } from './json.ts';

it.each([
  '{}',
  '{"cmd":"echo \\"a\\": {\\"b\\": 1}","n":[1.0,-2.50,1e3,0.1,0,-0,123456789012345]}',
  '{"__proto__":{"cmd":"ls"},"a":{"a":{"a":null}}}',
  '[1,"a:",{"b":true}]',
  `[${Array(500).fill('{"a":[]}').join()}]`,
])('reads %s', (text) => {
  expect(exactJson(text)).toEqual(JSON.parse(text));
});

it.each([
  '{"cmd":"ls","cmd":"rm -rf notes"}',
  '{"a":{"b":1},"a":{"b":1}}',
  '{"cmd":"ls","\\u0063md":"rm"}',
  '{"__proto__":1,"__proto__":2}',
  '{"id":12345678901234567890}',
  '{"id":0.1234567890123456789}',
  '{"id":1e999}',
  '{"id":1e-999}',
  '{"cmd":"ls"',
  `{"a":${'['.repeat(201)}${']'.repeat(201)}}`,
  `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
])('%# of what a value would not hold is left as it is', (text) => {
  expect(exactJson(text)).toBe(text);
});

it('tells apart what a double would not', () => {
  const [one, other] = ['{"id":9007199254740993}', '{"id":9007199254740992}'].map(exactJson);
  expect(sameJson(one, other)).toBe(false);
  expect(sameJson(exactJson('{"a":1.0,"b":2}'), exactJson('{"b":2,"a":1}'))).toBe(true);
  expect(sameJson(exactJson('{"a":"\\u00e9"}'), exactJson('{"a":"e\\u0301"}'))).toBe(false);
});
