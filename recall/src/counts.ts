/**
 * How many pieces hold a form or a gram: what BM25 weighs words by. FTS5 could tell it of forms alone, and only by reading
 * all that it knows of one. Changes are gathered for a transaction and written at its end.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { gramCount, gramsOf } from './words.ts';

const MAX_KIN = 8;
const SAME_BEGINNING = 3; // signs: who misspells a word rarely errs in these, and they bound what is compared
const ALIKE = 0.5; // share of common pairs of signs, by Dice: "mountian" and "mountain" have .57

export class Counts {
  readonly #terms: StatementSync;
  readonly #grams: StatementSync;
  readonly #addTerm: StatementSync;
  readonly #addGram: StatementSync;
  readonly #addTotal: StatementSync;
  readonly #beginningWith: StatementSync;
  readonly #changedTerms = new Map<string, number>();
  readonly #changedGrams = new Map<string, number>();
  #total: { pieces: number; forms: number; grams: number };
  #written: { pieces: number; forms: number; grams: number };

  constructor(database: DatabaseSync) {
    this.#terms = database.prepare('SELECT pieces FROM term WHERE form = ?');
    this.#grams = database.prepare('SELECT pieces FROM gram WHERE gram = ?');
    const add = (table: string, key: string): StatementSync =>
      database.prepare(
        `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (${key}) DO UPDATE SET pieces = pieces + excluded.pieces`,
      );
    this.#addTerm = add('term', 'form');
    this.#addGram = add('gram', 'gram');
    this.#addTotal = database.prepare('UPDATE total SET pieces = ?, forms = ?, grams = ?');
    this.#beginningWith = database.prepare(
      'SELECT form FROM term WHERE form >= ? AND form < ? AND pieces > 0 ORDER BY pieces DESC LIMIT 2000',
    );
    const row = database.prepare('SELECT pieces, forms, grams FROM total').get();
    this.#total = { pieces: Number(row?.pieces), forms: Number(row?.forms), grams: Number(row?.grams) };
    this.#written = { ...this.#total };
  }

  get pieces(): number {
    return this.#total.pieces;
  }

  get usualWords(): number {
    return this.#total.forms / (this.#total.pieces || 1);
  }

  get usualGrams(): number {
    return this.#total.grams / (this.#total.pieces || 1);
  }

  holding(form: string): number {
    return Number(this.#terms.get(form)?.pieces ?? 0);
  }

  holdingGram(gram: string): number {
    return Number(this.#grams.get(gram)?.pieces ?? 0);
  }

  /** Forms that are there and begin with one that is not, or are nearly written like it. */
  kinOf(form: string): string[] {
    if (form.length < SAME_BEGINNING) return [];
    const start = form.slice(0, SAME_BEGINNING);
    const alike = this.#beginningWith
      .all(start, `${start}\u{10ffff}`)
      .map((row) => String(row.form))
      .map((other) => ({ other, likeness: other.startsWith(form) ? 1 : likeness(form, other) }))
      .filter((kin) => kin.likeness >= ALIKE);
    return alike
      .toSorted((a, b) => b.likeness - a.likeness)
      .slice(0, MAX_KIN)
      .map(({ other }) => other);
  }

  /** @param by 1 for a piece that came, -1 for one that went */
  count(forms: readonly string[], by: 1 | -1): void {
    let grams = 0;
    const distinct = new Set(forms);
    for (const form of forms) grams += gramCount(form);
    for (const form of distinct) bump(this.#changedTerms, form, by);
    for (const gram of new Set([...distinct].flatMap(gramsOf))) bump(this.#changedGrams, gram, by);
    this.#total.pieces += by;
    this.#total.forms += by * forms.length;
    this.#total.grams += by * grams;
  }

  /** Writes what changed, in the caller's transaction. */
  write(): void {
    for (const [form, by] of this.#changedTerms) if (by !== 0) this.#addTerm.run(form, by);
    for (const [gram, by] of this.#changedGrams) if (by !== 0) this.#addGram.run(gram, by);
    const { pieces, forms, grams } = this.#total;
    this.#addTotal.run(pieces, forms, grams);
    this.#written = { ...this.#total };
    this.#forgetChanges();
  }

  /** Where the caller's transaction was taken back. */
  undo(): void {
    this.#total = { ...this.#written };
    this.#forgetChanges();
  }

  #forgetChanges(): void {
    this.#changedTerms.clear();
    this.#changedGrams.clear();
  }
}

function bump(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Dice's coefficient over pairs of signs: 1 for the same word. */
function likeness(a: string, b: string): number {
  const pairs = (word: string): Set<string> =>
    new Set([...word].slice(1).map((sign, at) => `${word[at]}${sign}`));
  const [ofA, ofB] = [pairs(a), pairs(b)];
  const common = [...ofA].filter((pair) => ofB.has(pair)).length;
  return (2 * common) / (ofA.size + ofB.size || 1);
}
