import { expect, test } from 'vitest';
import { matchExpression, queryTerms } from './terms.ts';

test.each([
  ['cat', '"cat"*'], // three letters are enough to find "cats" and "catalogue"
  ['al', '"al"'], // two match whole: they begin too many words
  ['x', '"x"'],
  ['猫', '"猫"*'], // where words are short by nature
  ['cat al catalogue', '"cat"* OR "al" OR "catalogue"*'],
  ['', ''],
])('%j is looked for as %s', (query, expression) => {
  expect(matchExpression(queryTerms(query))).toBe(expression);
});

test('words that say nothing are left out, unless there are no others; each counts once', () => {
  expect(queryTerms('What is my cat’s name? MY CAT!')).toEqual(['cat', 'name']);
  expect(queryTerms('who are you')).toEqual(['who', 'are', 'you']);
  expect(queryTerms('!!! …')).toEqual([]);
  const many = Array.from({ length: 40 }, (_, index) => `word${index}`);
  expect(queryTerms(many.join(' '))).toEqual(many.slice(0, 32));
});
