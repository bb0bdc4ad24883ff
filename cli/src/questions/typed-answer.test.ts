import { expect, it } from 'vitest';
import { UsageError } from '../cli-error.ts';
import { question } from '../testing/asked-question.ts';
import { typedAnswer } from './typed-answer.ts';

const text = question({
  kind: 'form',
  input: { type: 'text' },
  options: [
    { id: 'skip', label: 'Leave out' },
    { id: 'decline', label: 'No answer' },
  ],
  fallback: 'decline',
});
const colours = question({
  options: [
    { id: '0', label: 'Red' },
    { id: '1', label: '2 blue' },
    { id: 'decline', label: 'No answer' },
  ],
  fallback: 'decline',
});

it.each([
  [question(), 'once', { option: 'once' }],
  [question(), ' ALWAYS ', { option: 'always' }],
  [question(), 'for this answer', { option: 'turn' }],
  [colours, '1', { option: '0' }],
  [colours, 'red', { option: '0' }],
  [colours, '2', { option: '1' }],
  [colours, 'no', { option: 'decline' }],
  [text, 'blue', { value: 'blue' }],
  [text, 'no', { value: 'no' }],
  [text, 'skip', { option: 'skip' }],
])('%# of a question, %j means %j', (asked, typed, answer) => {
  expect(typedAnswer(asked, typed)).toEqual(answer);
});

it('takes the name of a choice for text where it is said to be text, and hands on a reason', () => {
  expect(typedAnswer(text, 'skip', { asText: true })).toEqual({ value: 'skip' });
  expect(typedAnswer(question(), 'no', { reason: 'not today' })).toEqual({
    option: 'no',
    reason: 'not today',
  });
});

it.each(['0', '3', 'green'])('refuses %j with what can be said', (typed) => {
  expect(() => typedAnswer(colours, typed)).toThrow(UsageError);
  expect(() => typedAnswer(colours, typed)).toThrow('1 (Red) | 2 (2 blue) | decline (No answer)');
});
