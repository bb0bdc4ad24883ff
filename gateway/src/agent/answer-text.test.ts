import { expect, test } from 'vitest';
import { AnswerText } from './answer-text.ts';

/** @param pieces a null ends the message */
function written(...pieces: (string | null)[]): { shown: string[]; text: AnswerText } {
  const text = new AnswerText();
  const shown: string[] = [];
  for (const piece of pieces) {
    if (piece === null) text.endMessage();
    else shown.push(text.append(piece));
  }
  return { shown, text };
}

test('messages of one run are one text, with a blank line between each two', () => {
  const { shown, text } = written('One', ' two.', null, '', 'Three.', null, 'Four.');
  expect(shown).toEqual(['One', ' two.', '', '\n\nThree.', '\n\nFour.']);
  expect(text.streamed).toBe('One two.\n\nThree.\n\nFour.');
  expect(text.folded()).toBe(text.streamed);
});

test('it knows whether a message is being written', () => {
  const { text } = written();
  expect(text.inMessage).toBe(false);
  text.append('a');
  expect(text.inMessage).toBe(true);
  text.endMessage();
  expect(text.inMessage).toBe(false);
});

test('an answer that began anew in the middle is told once, in its message alone', () => {
  const { text } = written('Before.', null, 'The answer to it is');
  text.suspectRetry();
  text.append('The answer to it is 42.');
  expect(text.streamed).toBe('Before.\n\nThe answer to it isThe answer to it is 42.');
  expect(text.folded()).toBe('Before.\n\nThe answer to it is 42.');
});

test('between two messages nothing can have begun anew', () => {
  const { text } = written('The answer to it is 42.', null);
  text.suspectRetry();
  text.append('The answer to it is 42.');
  expect(text.folded()).toBe('The answer to it is 42.\n\nThe answer to it is 42.');
});
