/**
 * Vectors of pieces, in the index beside them: they come later than the pieces, in any order, and go with them. Those of one
 * model count at a time; while another model's are made, words alone answer, and so they do until nearly all are there: a
 * piece without a vector would stand behind those that have one.
 */
import { crc32 } from 'node:zlib';
import type { DenseScore, DenseSide } from './dense-side.ts';
import type { PieceIndex } from './piece-index.ts';
import { SignCodes } from './sign-codes.ts';
import { cosine, meanOf, quantized } from './vector.ts';

const ENOUGH = 0.9; // of all pieces
const NEAREST = 200;
const TURN_SHARE = 0.6; // as measured; the rest is the window of the piece and those beside it
/** A piece that has no vector of a model yet. */
export interface Wanted {
  id: number;
  /** Of its words: an id may be another piece's by the time its vector comes. */
  check: number;
  source: string;
  seq: number;
  line: number;
  content: string;
}

export interface MadeVector {
  id: number;
  check: number;
  vector: readonly number[] | Float32Array | Int8Array;
}

export class PieceVectors {
  readonly #index: PieceIndex;
  #codes: { model: string; parts: number; codes: SignCodes } | null = null;

  constructor(index: PieceIndex) {
    this.#index = index;
    index.onForgotten((id) => this.#codes?.codes.delete(id));
  }

  /** The newest pieces that have no vector of this model. */
  wanted(model: string, most: number): Wanted[] {
    return this.#index
      .sql(
        `SELECT piece.id, piece.source, piece.seq, piece.line, piece.content, piece.forms FROM piece
         LEFT JOIN vector ON vector.piece = piece.id WHERE vector.model IS NOT ? ORDER BY piece.id DESC LIMIT ?`,
      )
      .all(model, most)
      .map((row) => ({
        id: Number(row.id),
        check: crc32(String(row.forms)),
        source: this.#index.nameOf(Number(row.source)),
        seq: Number(row.seq),
        line: Number(row.line),
        content: String(row.content),
      }));
  }

  /** Keeps them; what is no piece any more, or another one, is left out. */
  put(model: string, made: readonly MadeVector[]): void {
    const formsOf = this.#index.sql('SELECT forms FROM piece WHERE id = ?');
    const keep = this.#index.sql('INSERT OR REPLACE INTO vector (piece, model, parts) VALUES (?, ?, ?)');
    this.#index.atOnce(() => {
      for (const { id, check, vector } of made) {
        const row = formsOf.get(id);
        if (row !== undefined && crc32(String(row.forms)) === check) keep.run(id, model, quantized(vector));
      }
    });
    const loaded = this.#codes;
    if (loaded === null || loaded.model !== model) return;
    for (const { id, vector } of made) {
      if (vector.length !== loaded.parts)
        this.#codes = null; // another model under the same name
      else if (this.#vectorOf(id, model)) loaded.codes.set(id, vector);
    }
  }

  /** How many pieces have a vector of this model. */
  count(model: string): number {
    return Number(this.#index.sql('SELECT count(*) AS n FROM vector WHERE model = ?').get(model)?.n);
  }

  /**
   * @param asked vectors by phrasing
   * @returns null where words alone have to answer
   */
  dense(model: string, asked: ReadonlyMap<string, Float32Array>): DenseSide | null {
    const parts = asked.values().next().value?.length ?? 0;
    const codes = this.#load(model, parts);
    if (codes.size === 0 || codes.size < ENOUGH * this.#index.counts.pieces) return null;
    return {
      scores: (phrasing, candidates) => {
        const question = asked.get(phrasing);
        if (question === undefined) return new Map();
        return this.#scores(model, question, [
          ...new Set([...candidates, ...codes.nearest(question, NEAREST)]),
        ]);
      },
    };
  }

  #scores(model: string, question: Float32Array, ids: readonly number[]): Map<number, DenseScore> {
    const rows = this.#index
      .sql(
        `SELECT piece.id, vector.parts, before.parts AS before, after.parts AS after FROM json_each(?1) AS wanted
         CROSS JOIN piece ON piece.id = wanted.value
         JOIN vector ON vector.piece = piece.id AND vector.model = ?2
         LEFT JOIN piece AS p ON p.source = piece.source AND p.seq = piece.seq - 1
         LEFT JOIN vector AS before ON before.piece = p.id AND before.model = ?2
         LEFT JOIN piece AS n ON n.source = piece.source AND n.seq = piece.seq + 1
         LEFT JOIN vector AS after ON after.piece = n.id AND after.model = ?2`,
      )
      .all(JSON.stringify(ids), model);
    const scores = new Map<number, DenseScore>();
    for (const { id, parts, before, after } of rows) {
      const own = partsOf(parts);
      const window = [before, parts, after].flatMap((one) => (one === null ? [] : [partsOf(one)]));
      const turn = cosine(question, own);
      const near = cosine(question, meanOf(window));
      scores.set(Number(id), { score: TURN_SHARE * turn + (1 - TURN_SHARE) * near, window: near });
    }
    return scores;
  }

  #load(model: string, parts: number): SignCodes {
    if (this.#codes?.model === model && this.#codes.parts === parts) return this.#codes.codes;
    const codes = new SignCodes(parts);
    const all = this.#index.sql('SELECT piece, parts FROM vector WHERE model = ? AND length(parts) = ?');
    for (const row of all.iterate(model, parts)) codes.set(Number(row.piece), partsOf(row.parts));
    this.#codes = { model, parts, codes };
    return codes;
  }

  #vectorOf(id: number, model: string): boolean {
    return this.#index.sql('SELECT 1 FROM vector WHERE piece = ? AND model = ?').get(id, model) !== undefined;
  }
}

function partsOf(blob: unknown): Int8Array {
  const bytes = blob as Uint8Array;
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
