/** What the benchmark tells of a search. All from 0 to 1. */
import type { Searcher } from './searcher.ts';
import type { Kind, Question } from './world.ts';

const DEPTH = 10;

export interface Figures {
  questions: number;
  /** Share of the questions that have an answer with evidence among the first k. */
  recallAt1: number;
  recallAt5: number;
  recallAt10: number;
  /** Mean of 1 by the place of the first evidence. */
  mrr: number;
  /** Share of the questions on what has changed where something outdated comes before what is true. */
  stale: number;
  /** Share of the questions without an answer where the search says that it has found one. */
  falseAnswers: number;
  /** Share of the questions with an answer where it says that it has not. */
  doubted: number;
}

export interface Outcome {
  question: Question;
  /** Place of the first evidence, from 1; infinite where there is none. */
  place: number;
  stalePlace: number;
  claims: boolean;
}

export function outcomes(searcher: Searcher, questions: readonly Question[]): Outcome[] {
  return questions.map((question) => {
    const { hits, claims } = searcher.search(question.text, DEPTH);
    const place = (ids: readonly number[]): number => {
      const at = hits.findIndex((id) => ids.includes(id));
      return at === -1 ? Number.POSITIVE_INFINITY : at + 1;
    };
    return { question, place: place(question.evidence), stalePlace: place(question.stale), claims };
  });
}

export function figuresOf(all: readonly Outcome[], kind?: Kind): Figures {
  const asked = all.filter(({ question }) => kind === undefined || question.kind === kind);
  const answerable = asked.filter(({ question }) => question.evidence.length > 0);
  const changed = answerable.filter(({ question }) => question.stale.length > 0);
  const open = asked.filter(({ question }) => question.evidence.length === 0);
  const within = (k: number): number => share(answerable, ({ place }) => place <= k);
  return {
    questions: asked.length,
    recallAt1: within(1),
    recallAt5: within(5),
    recallAt10: within(10),
    mrr: answerable.reduce((sum, { place }) => sum + 1 / place, 0) / (answerable.length || 1),
    stale: share(changed, ({ place, stalePlace }) => stalePlace < place),
    falseAnswers: share(open, ({ claims }) => claims),
    doubted: share(answerable, ({ claims }) => !claims),
  };
}

function share<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.length === 0 ? Number.NaN : items.filter(is).length / items.length;
}
