import { createHash } from 'node:crypto';
import type { RunningTurn } from '@mobyclaw/protocol/egress';
import { expect, test } from 'vitest';
import { RunningTurns } from './running-turns.ts';

const running = (turn: string): RunningTurn => ({
  turn,
  session: `cli:${turn}`,
  kind: 'owner',
  attended: true,
  capability: createHash('sha256').update(`capability of ${turn}`).digest('hex'),
});

test('what a program shows to the door is of the turn whose pass it is', () => {
  const turns = new RunningTurns();
  const pass = createHash('sha256').update('pass of a').digest('hex');
  turns.replace([{ ...running('a'), pass }, running('b')]);
  expect(turns.of('pass of a')?.turn).toBe('a');
  expect(turns.of('pass of b')).toBeNull();
});

test('a request is of the turn whose capability it shows; without one of the only one that runs', () => {
  const turns = new RunningTurns();
  expect(turns.of(null)).toBeNull();
  turns.replace([running('a')]);
  expect(turns.of(null)?.turn).toBe('a');
  turns.replace([running('a'), running('b')]);
  expect(turns.of(null)).toBeNull();
  expect(turns.of('capability of b')?.turn).toBe('b');
  expect(turns.of('made up')).toBeNull();
  turns.replace([running('b')]);
  expect(turns.of('capability of a')).toBeNull(); // it has ended, and is none of b's
});
