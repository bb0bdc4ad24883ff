/**
 * Scores pieces by their words: BM25 over forms, and, with less weight, over grams of four signs; a piece whose speaker the
 * question names counts more; and each piece is given a share of what its neighbours say, since an answer often stands
 * beside the words that were asked for. The constants are those that were measured over ten long conversations.
 */
import { weightOf } from './bm25.ts';
import type { Corpus, Question } from './question.ts';
import { gramCount, gramsOf, plainWords } from './words.ts';

const GRAM_WEIGHT = 0.3;
const SPEAKER_FACTOR = 1.3;
const NEIGHBOUR_SHARES = [0.5, 0.25]; // of the pieces one and two places away

/** What scoring reads of a piece. */
export interface Scorable {
  id: number;
  /** Its forms, with a space between. */
  forms: string;
  speaker: string | null;
}

export interface OwnScore {
  score: number;
  /** How much of what the question asks for the piece holds, from 0 to 1, by what its words tell. */
  coverage: number;
  /** How often each term of the question stands there, and how many forms the piece has. */
  times: number[];
  length: number;
}

/** Each piece by itself. @returns those that share something with the question, by id */
export function ownScores(
  question: Question,
  pieces: readonly Scorable[],
  corpus: Corpus,
): Map<number, OwnScore> {
  const { terms, grams } = question;
  const termAt = new Map(terms.flatMap(({ forms }, at) => forms.map((form) => [form, at] as const)));
  const gramAt = new Map(grams.map(({ gram }, at) => [gram, at] as const));
  const asked = terms.reduce((sum, { idf }) => sum + idf, 0);
  const sharedGrams = new Map<string, number[]>(); // by form: pieces share most of their words
  const gramsIn = (form: string): number[] => {
    let shared = sharedGrams.get(form);
    if (shared === undefined) {
      shared = gramsOf(form).flatMap((gram) => gramAt.get(gram) ?? []);
      sharedGrams.set(form, shared);
    }
    return shared;
  };
  const termTimes = new Uint16Array(terms.length);
  const gramTimes = new Uint16Array(grams.length);
  const scores = new Map<number, OwnScore>();
  for (const piece of pieces) {
    termTimes.fill(0);
    gramTimes.fill(0);
    const forms = piece.forms.split(' ');
    let gramLength = 0;
    for (const form of forms) {
      gramLength += gramCount(form);
      const at = termAt.get(form);
      if (at !== undefined) termTimes[at] = (termTimes[at] ?? 0) + 1;
      for (const gram of gramsIn(form)) gramTimes[gram] = (gramTimes[gram] ?? 0) + 1;
    }
    let score = 0;
    let covered = 0;
    for (const [at, { idf }] of terms.entries()) {
      const times = termTimes[at] ?? 0;
      if (times > 0) covered += idf;
      score += weightOf(idf, times, forms.length, corpus.usualWords);
    }
    for (const [at, { idf }] of grams.entries()) {
      score += GRAM_WEIGHT * weightOf(idf, gramTimes[at] ?? 0, gramLength, corpus.usualGrams);
    }
    if (score === 0) continue;
    if (isNamed(piece.speaker, question.words)) score *= SPEAKER_FACTOR;
    scores.set(piece.id, {
      score,
      coverage: asked === 0 ? 0 : covered / asked,
      times: Array.from(termTimes),
      length: forms.length,
    });
  }
  return scores;
}

/** Where a piece stands: `seq` counts the pieces of its source. */
export interface Place {
  source: number;
  seq: number;
}

/** A source has fewer pieces. */
export const SEATS = 10_000_000;

/** Names a place in one number. */
export function placeKey({ source, seq }: Place): number {
  return source * SEATS + seq;
}

/**
 * Each place with its own score and its shares of those beside it, also where it has none of its own.
 * @param own by `placeKey`
 */
export function withNeighbours(own: ReadonlyMap<number, number>): Map<number, number> {
  const scores = new Map(own);
  for (const [key, score] of own) {
    const seq = key % SEATS;
    for (const [index, share] of NEIGHBOUR_SHARES.entries()) {
      const away = index + 1;
      scores.set(key + away, (scores.get(key + away) ?? 0) + share * score);
      if (seq >= away) scores.set(key - away, (scores.get(key - away) ?? 0) + share * score);
    }
  }
  return scores;
}

/** @param words of the question, folded */
export function isNamed(speaker: string | null, words: ReadonlySet<string>): boolean {
  return speaker !== null && plainWords(speaker).some((part) => part.length > 1 && words.has(part));
}
