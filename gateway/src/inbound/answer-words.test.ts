import { expect, test } from 'vitest';
import { readWords } from './answer-words.ts';

const TOOL = {
  options: [
    { id: 'once', label: 'Once', style: 'primary' as const },
    { id: 'turn', label: 'For this answer' },
    { id: 'always', label: 'Always' },
    { id: 'no', label: 'No', style: 'danger' as const },
  ],
  input: null,
  fallback: 'no',
};
const YES_OR_NO = {
  options: [
    { id: 'yes', label: 'Yes', style: 'primary' as const },
    { id: 'no', label: 'No' },
    { id: 'decline', label: 'No answer' },
  ],
  input: null,
  fallback: 'decline',
};
const TYPED = { options: [], input: { type: 'text' as const }, fallback: 'decline' };
const SECRET = { ...TYPED, input: { type: 'text' as const, secret: true as const } };
const PLAIN = { reply: false, numbered: false };

test.each([
  ['yes', { option: 'once' }],
  ['Yes.', { option: 'once' }],
  ['OK!', { option: 'once' }],
  ['  for this   answer', { option: 'turn' }],
  ['Always', { option: 'always' }],
  ['no', { option: 'no' }],
  ['/cancel', { option: 'no' }],
  ['No, I need them.', { option: 'no', reason: 'I need them.' }],
  ['no because\nit is late', { option: 'no', reason: 'because\nit is late' }],
  ['no idea what that is', null],
  ['yes, but only once', null],
  ['yesterday', null],
  ['2', null], // nobody has seen a number
  ['', null],
])('%j to a question about a tool', (text, answer) => {
  expect(readWords(TOOL, text, PLAIN)).toEqual(answer);
});

test('numbers count where the message counts, and only those that are there', () => {
  const numbered = { ...PLAIN, numbered: true };
  expect(readWords(TOOL, '2', numbered)).toEqual({ option: 'turn' });
  expect(readWords(TOOL, '4.', numbered)).toEqual({ option: 'no' });
  for (const text of ['0', '5', '12', '2 please']) expect(readWords(TOOL, text, numbered)).toBeNull();
});

test('in a reply to the question, what follows a no is the reason', () => {
  const reply = { ...PLAIN, reply: true };
  expect(readWords(TOOL, 'no I need them', reply)).toEqual({ option: 'no', reason: 'I need them' });
  expect(readWords(TOOL, 'why do you ask?', reply)).toBeNull();
});

test('a form that wants yes or no takes no as the answer, not as none', () => {
  expect(readWords(YES_OR_NO, 'no', PLAIN)).toEqual({ option: 'no' });
  expect(readWords(YES_OR_NO, 'yes', PLAIN)).toEqual({ option: 'yes' });
  expect(readWords(YES_OR_NO, 'no answer', PLAIN)).toEqual({ option: 'decline' });
});

test('what is to be typed is the message; a secret is never taken from one', () => {
  expect(readWords(TYPED, ' green, I think ', PLAIN)).toEqual({ value: 'green, I think' });
  expect(readWords(TYPED, 'no', PLAIN)).toEqual({ option: 'decline' });
  expect(readWords(SECRET, 'hunter2', PLAIN)).toBeNull();
  expect(readWords(SECRET, 'no', PLAIN)).toEqual({ option: 'decline' });
});
