/** A question as the ranking takes it: what is looked for, and how much each part of it tells. */
import { inverseFrequency } from './bm25.ts';
import { tellingWords } from './stop-words.ts';
import { gramsOf, plainWords, queryFormsOf } from './words.ts';

const MAX_TERMS = 32;

/** What is known of all pieces together. */
export interface Corpus {
  pieces: number;
  /** Forms in a piece, and grams in a piece, on average. */
  usualWords: number;
  usualGrams: number;
  /** How many pieces hold a form, or a gram. */
  holding(form: string): number;
  holdingGram(gram: string): number;
  /** Forms that are there and like one that is not: longer ones that begin so, and misspellings. */
  kinOf(form: string): string[];
}

export interface Term {
  /** Any of which counts: the form itself, or its kin where it is nowhere. */
  forms: string[];
  holding: number;
  idf: number;
}

export interface Question {
  terms: Term[];
  grams: { gram: string; idf: number }[];
  /** All of its words as they stand, folded: names of speakers are looked up here. */
  words: ReadonlySet<string>;
}

export function readQuestion(text: string, corpus: Corpus): Question {
  const words = plainWords(text);
  const forms = [...new Set(tellingWords(words).flatMap(queryFormsOf))].slice(0, MAX_TERMS);
  const terms = forms.map((form): Term => {
    const known = corpus.holding(form);
    const all = known > 0 ? [form] : corpus.kinOf(form);
    const holding = known > 0 ? known : all.reduce((sum, kin) => sum + corpus.holding(kin), 0);
    return { forms: all, holding, idf: inverseFrequency(holding, corpus.pieces) };
  });
  const grams = [...new Set(forms.flatMap(gramsOf))].map((gram) => ({
    gram,
    idf: inverseFrequency(corpus.holdingGram(gram), corpus.pieces),
  }));
  return { terms, grams, words: new Set(words) };
}
