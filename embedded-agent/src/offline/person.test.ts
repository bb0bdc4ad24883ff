import { expect, it } from 'vitest';
import { toSecondPerson, toThirdPerson } from './person.ts';

it.each([
  ['my name is Alice', "The owner's name is Alice.", 'Your name is Alice.'],
  ['I live in Oslo.', 'The owner lives in Oslo.', 'You live in Oslo.'],
  ["I'm allergic to nuts", 'The owner is allergic to nuts.', 'You are allergic to nuts.'],
  ['I have two cats', 'The owner has two cats.', 'You have two cats.'],
  ['I really like tea', 'The owner really likes tea.', 'You really like tea.'],
  ['I study law', 'The owner studies law.', 'You study law.'],
  [
    'I watch birds with my dog',
    "The owner watches birds with the owner's dog.",
    'You watch birds with your dog.',
  ],
  ['I moved to Bergen', 'The owner moved to Bergen.', 'You moved to Bergen.'],
  ['Bob is vegan', 'Bob is vegan.', 'Bob is vegan.'],
])('%s', (said, written, told) => {
  expect(toThirdPerson(said)).toBe(written);
  expect(toSecondPerson(written)).toBe(told);
});
