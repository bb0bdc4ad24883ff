import { expect, test } from 'vitest';
import { tellingWords } from './stop-words.ts';
import { fold, gramsOf, indexForms, plainWords, queryFormsOf } from './words.ts';

test('words are folded and stemmed, alike in texts and questions', () => {
  expect(fold('Über Café ÀÉ')).toBe('uber cafe ae');
  expect(indexForms('The cats’ favourite cafés, wandering!')).toEqual([
    'the',
    'cat',
    'favourit',
    'cafe',
    'wander',
  ]);
  expect(queryFormsOf('wandered')).toEqual(['wander']);
  expect(indexForms('naïve ﬁne x² Ⅳ')).toEqual(['naiv', 'fine', 'x2', 'iv']);
});

test('scripts without spaces are cut into pairs, also in the middle of another language', () => {
  expect(indexForms('我喝茶')).toEqual(['我', '喝', '茶', '我喝', '喝茶']);
  expect(queryFormsOf('喝茶')).toEqual(['喝茶']);
  expect(queryFormsOf('茶')).toEqual(['茶']);
  expect(indexForms('iPhone手机 neu')).toEqual(['iphon', '手', '机', '手机', 'neu']);
  expect(queryFormsOf('고양이가')).toEqual(['고양', '양이', '이가']); // an ending that sticks to "cat"
  expect(queryFormsOf('スーパー')).toEqual(['スー', 'ーパ', 'パー']);
  expect(indexForms('กา')).toContain('กา');
});

test('grams are four signs; a word of three has none', () => {
  expect(gramsOf('tarant')).toEqual(['tara', 'aran', 'rant']);
  expect(gramsOf('cat')).toEqual([]);
});

test('words that tell nothing are left out of a question, unless it has no others', () => {
  expect(tellingWords(plainWords('What is my cat’s name?'))).toEqual(['cat', 'name']);
  expect(tellingWords(plainWords('who are you'))).toEqual(['who', 'are', 'you']);
});
