import { expect, test } from 'vitest';
import type { QuestionRow } from '../store/question-store.ts';
import { mustBeFew, TooManyQuestions } from './flood.ts';

const HOUR = 3_600_000;

function asked(inTurn: number, inHour: number) {
  const seen: unknown[] = [];
  return {
    seen,
    ofTurn: () => Array.from({ length: inTurn }, () => ({}) as QuestionRow),
    countAsked: (asker: string, since: number) => {
      seen.push([asker, since]);
      return inHour;
    },
  };
}

const turn = (source: string) => ({ id: 't', source });

test.each([
  ['owner', 'telegram', 59, 1000, true],
  ['owner', 'telegram', 60, 0, false],
  ['owner', 'cron', 24, 1000, true],
  ['owner', 'cron', 25, 0, false],
  ['owner', 'heartbeat', 25, 0, false],
  ['guest', 'telegram', 24, 24, true],
  ['guest', 'telegram', 0, 25, false],
  ['webhook', 'webhook', 0, 25, false],
  ['webhook', 'webhook', 25, 0, false],
] as const)(
  '%s by %s: after %i in the turn and %i in the hour, one more: %s',
  (asker, source, inTurn, inHour, may) => {
    const ask = (): void => mustBeFew(asked(inTurn, inHour), { turn: turn(source), asker, at: 2 * HOUR });
    if (may) expect(ask).not.toThrow();
    else expect(ask).toThrow(TooManyQuestions);
  },
);

test('only what was asked within the hour on behalf of the same counts', () => {
  const questions = asked(0, 0);
  mustBeFew(questions, { turn: turn('telegram'), asker: 'guest', at: 2 * HOUR });
  expect(questions.seen).toEqual([['guest', HOUR]]);
});
