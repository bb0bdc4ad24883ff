import { describe, expect, it } from 'vitest';
import { readIntent } from './intent.ts';

describe('the rules understand', () => {
  it.each([
    ['Remember that my name is Alice', 'my name is Alice'],
    ['remember: my name is Alice', 'my name is Alice'],
    ['Please remember that I live in Oslo.', 'I live in Oslo.'],
    ['Can you remember that my sister is Bea?', 'my sister is Bea'],
    ['Note that the gate code is kept by Bob', 'the gate code is kept by Bob'],
    ['note down: dentist is Dr Lee', 'dentist is Dr Lee'],
    ['Save this: the wifi is upstairs', 'the wifi is upstairs'],
    ["Don't forget that Bob is vegan", 'Bob is vegan'],
    ['Keep in mind that I prefer tea', 'I prefer tea'],
    ['Hi! My name is Alice', 'My name is Alice'],
    ['Hello Moby, I live in Oslo', 'I live in Oslo'],
    ['I’m allergic to nuts', "I'm allergic to nuts"],
    ['my favourite colour is green', 'my favourite colour is green'],
    ['Call me Al', 'my name is Al'],
    ['Remember to buy milk', 'to do: buy milk'],
  ])('to remember: %s', (text, statement) => {
    expect(readIntent(text)).toEqual({ kind: 'remember', statement });
  });

  it.each([
    "What's my name?",
    'what is my name',
    'What’s my name?',
    'Do you remember my name?',
    'Can you remember my name?',
    'Do you know where I live?',
    'where do I live',
    'Who is Bea?',
    'Which colour do I like?',
    'When is my birthday?',
    'What do you know about Oslo?',
    'Tell me my name',
    'Am I allergic to anything?',
    'Hi, what is my name?',
    'my name is what?',
  ])('to recall: %s', (text) => {
    expect(readIntent(text).kind).toBe('recall');
  });

  it.each([
    ['Hi', 'greeting'],
    ['Hello there, Moby!', 'greeting'],
    ['Good morning', 'greeting'],
    ['thanks!', 'thanks'],
    ['help', 'help'],
    ['What can you do?', 'help'],
    ['What do you remember?', 'show-memory'],
    ['what do you know about me', 'show-memory'],
    ['list memory', 'show-memory'],
    ['Show me your memory', 'show-memory'],
    ['list memory files', 'list-files'],
    ['Forget my name', 'forget'],
    ['Write a poem about rain', 'unknown'],
    ['Read HEARTBEAT.md and follow it. If nothing needs doing, answer HEARTBEAT_OK.', 'heartbeat'],
    ['list reminders', 'list-reminders'],
  ])('%s → %s', (text, kind) => {
    expect(readIntent(text).kind).toBe(kind);
  });

  it('what to log and of what to remind', () => {
    expect(readIntent('Log that the package came')).toEqual({ kind: 'log', entry: 'the package came' });
    expect(readIntent('log: called Bob')).toEqual({ kind: 'log', entry: 'called Bob' });
    expect(readIntent('Remind me in 10 minutes to call Bea')).toEqual({
      kind: 'remind',
      when: 'in 10 minutes',
      what: 'call Bea',
    });
    expect(readIntent('remind me to call Bea at 17:30')).toEqual({
      kind: 'remind',
      when: 'at 17:30',
      what: 'call Bea',
    });
    expect(readIntent('cancel reminder j1')).toEqual({ kind: 'cancel-reminder', which: 'j1' });
  });
});
