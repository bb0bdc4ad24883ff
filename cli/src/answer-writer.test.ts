import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerWriter } from './answer-writer.ts';
import { memoryTerminal } from './testing/memory-terminal.ts';

describe('a terminal', () => {
  test('gets the text as it comes', () => {
    const terminal = memoryTerminal(true);
    const answer = new AnswerWriter(terminal);
    answer.append('Hel');
    expect(terminal.out).toBe('Hel');
    answer.append('lo');
    answer.finish('Hello');
    expect(terminal.screen).toBe('Hello\n');
  });

  test('a silent retry that says the same shows nothing of it', () => {
    const terminal = memoryTerminal(true);
    const answer = new AnswerWriter(terminal);
    answer.append('Hello Al');
    answer.replace('');
    answer.append('Hello ');
    answer.append('Alice');
    answer.finish('Hello Alice');
    expect(terminal.screen).toBe('Hello Alice\n');
  });

  test('a retry that says something else begins on a fresh line, with a note', () => {
    const terminal = memoryTerminal(true);
    const answer = new AnswerWriter(terminal);
    answer.append('Good morn');
    answer.replace('');
    answer.append('Good evening');
    answer.finish('Good evening');
    expect(terminal.out).toBe('Good morn\nGood evening\n');
    expect(terminal.err).toBe('(Moby started his answer over)\n');
  });

  test('an end that has less than is shown is written again', () => {
    const terminal = memoryTerminal(true);
    const answer = new AnswerWriter(terminal);
    answer.append('Yes. Yes.');
    answer.finish('Yes.');
    expect(terminal.out).toBe('Yes. Yes.\nYes.\n');
  });

  test('a model cannot steer the terminal', () => {
    const terminal = memoryTerminal(true);
    const answer = new AnswerWriter(terminal);
    answer.append('a\u001b[2Jb\u009bc\u0007\r\n\td');
    answer.finish(answer.text);
    expect(terminal.out).toBe('a[2Jbc\n\td\n');
  });

  test('whatever is taken back, the last thing on stdout is the answer', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), text: fc.string({ maxLength: 5 }) }),
      fc.record({ kind: fc.constant('replace' as const), text: fc.string({ maxLength: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step), fc.string({ minLength: 1 }), (steps, text) => {
        const terminal = memoryTerminal(true);
        const answer = new AnswerWriter(terminal);
        for (const { kind, text: piece } of steps) answer[kind](piece);
        answer.finish(text);
        expect(`\n${terminal.out}`.trimEnd().endsWith(text.trimEnd())).toBe(true);
      }),
    );
  });
});

describe('a pipe', () => {
  test('gets the final text once, byte for byte', () => {
    const terminal = memoryTerminal(false);
    const answer = new AnswerWriter(terminal);
    answer.append('wrong');
    answer.replace('');
    answer.append('a\u001b[1mb');
    expect(terminal.out).toBe('');
    answer.finish('a\u001b[1mb');
    expect(terminal.out).toBe('a\u001b[1mb\n');
  });

  test('gets nothing of an answer that failed', () => {
    const terminal = memoryTerminal(false);
    const answer = new AnswerWriter(terminal);
    answer.append('half');
    answer.fail('half');
    expect(terminal.out).toBe('');
    expect(terminal.err).toBe('half\n(the answer is incomplete)\n');
  });
});
