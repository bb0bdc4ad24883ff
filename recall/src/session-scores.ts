/**
 * Which session a question is about: the day's log, or the day of a conversation. A session of which many turns touch the
 * question goes before one with a single loud turn.
 */
import { zScores } from './fusion.ts';

// As measured: the words of the whole session, its turns together, and the best windows of the dense side.
const WORDS_WEIGHT = 0.34;
const TURNS_WEIGHT = 0.33;
const WINDOWS_WEIGHT = 0.33;
const BEST_TURNS = 5;

export interface SessionEvidence {
  /** BM25 of the session as one text. */
  words: number;
  /** Scores of its turns. */
  turns: readonly number[];
  /** Cosines of its windows, where there is a dense side. */
  windows?: readonly number[];
}

/** @returns scores by session; only their order means something */
export function sessionScores(sessions: ReadonlyMap<string, SessionEvidence>): Map<string, number> {
  const all = [...sessions.values()];
  const words = zScores(all.map((session) => session.words));
  const turns = zScores(all.map((session) => sumOfBest(session.turns)));
  const windows = zScores(all.map((session) => sumOfBest(session.windows ?? [])));
  return new Map(
    [...sessions.keys()].map((name, at) => [
      name,
      WORDS_WEIGHT * (words[at] ?? 0) + TURNS_WEIGHT * (turns[at] ?? 0) + WINDOWS_WEIGHT * (windows[at] ?? 0),
    ]),
  );
}

function sumOfBest(scores: readonly number[]): number {
  return scores
    .toSorted((a, b) => b - a)
    .slice(0, BEST_TURNS)
    .reduce((sum, one) => sum + one, 0);
}
