import { describe, expect, it } from 'vitest';
import { readDirectives } from './directives.ts';
import { answerTokens } from './script.ts';

describe('directives', () => {
  it('are read from the person’s own words alone', () => {
    const prompt = [
      '[moby-context]',
      'note: Tools of the attempt before may already have run: memory_append, shell. Find out whether they did.',
      'the conversation so far:',
      '> person: silence tool=other error=500',
      '[/moby-context]',
      '',
      'hello tokens=3 interval=20ms tool=memory_append,shell tool-ms=100',
    ].join('\n');
    expect(readDirectives(prompt)).toMatchObject({
      text: 'hello tokens=3 interval=20ms tool=memory_append,shell tool-ms=100',
      mayHaveRun: ['memory_append', 'shell'],
      tokens: 3,
      intervalMs: 20,
      toolTurns: [['memory_append', 'shell']],
      toolMs: 100,
    });
    expect(readDirectives(prompt).fault).toBeUndefined();
  });

  it('name one fault and how often it strikes', () => {
    expect(readDirectives('silent-retry=7 times=1')).toMatchObject({
      fault: { kind: 'silent-retry', at: 7 },
      times: 1,
    });
    expect(readDirectives('there was an error in it').fault).toBeUndefined();
  });

  it('stretch or cut the answer to the number of tokens without losing a word of the prompt', () => {
    for (const tokens of [1, 2, 7, 50]) {
      const answer = answerTokens(readDirectives(`say a b c tokens=${tokens}`));
      expect(answer).toHaveLength(tokens);
      expect(answer.join('')).toContain(`You said: say a b c tokens=${tokens}`);
    }
  });
});
