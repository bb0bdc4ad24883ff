/** The search of Moby: each turn a piece, each day of a chat a source; by words, by the vectors of a local model, or by both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PieceIndex } from '@mobyclaw/recall/piece-index';
import { PieceVectors } from '@mobyclaw/recall/piece-vectors';
import { recall } from '@mobyclaw/recall/search';
import type { LocalModel } from './local-model.ts';
import type { Searcher } from './searcher.ts';
import { TODAY, type World } from './world.ts';

const WEAK = 0.5; // below it memory_search says that no passage has most of what was asked for
const BATCH = 256;

/** By words alone. */
export function newSearch(world: World): Searcher {
  const { index, close } = filled(world);
  return {
    search: (question, limit) => answered(recall(index, { phrasings: [question], limit, today: TODAY })),
    close,
  };
}

/** By words and by meaning. */
export async function fusedSearch(world: World, model: LocalModel): Promise<Searcher> {
  const { index, close } = filled(world);
  const { vectors, questions } = await embedded(index, world, model);
  return {
    search(question, limit) {
      const dense = vectors.dense(model.name, questions);
      return answered(recall(index, { phrasings: [question], limit, today: TODAY, dense }));
    },
    close,
  };
}

/** By meaning alone: it gives its nearest whatever it is asked, so it always claims. */
export async function denseSearch(world: World, model: LocalModel): Promise<Searcher> {
  const { index, close } = filled(world);
  const { vectors, questions } = await embedded(index, world, model);
  const lineOf = index.sql('SELECT line FROM piece WHERE id = ?');
  return {
    search(question, limit) {
      const scores = vectors.dense(model.name, questions)?.scores(question, []) ?? new Map();
      const best = [...scores].toSorted((a, b) => b[1].score - a[1].score).slice(0, limit);
      return { hits: best.map(([id]) => Number(lineOf.get(id)?.line)), claims: best.length > 0 };
    },
    close,
  };
}

function answered({ hits }: ReturnType<typeof recall>): ReturnType<Searcher['search']> {
  return {
    hits: hits.map(({ line }) => line),
    claims: Math.max(0, ...hits.map(({ coverage }) => coverage)) >= WEAK,
  };
}

function filled({ turns }: World): { index: PieceIndex; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-recall-'));
  const index = new PieceIndex(join(folder, 'search.db'), { keepsText: true });
  index.append(
    turns.map(({ id, chat, day, time, speaker, text }) => ({
      source: `${chat} ${day}`,
      stamp: '',
      pieces: [{ line: id, content: `${speaker}: ${text}`, section: '', at: `${day} ${time}`, speaker }],
    })),
  );
  return {
    index,
    close() {
      index.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function embedded(
  index: PieceIndex,
  world: World,
  { name, embed }: LocalModel,
): Promise<{ vectors: PieceVectors; questions: Map<string, Float32Array> }> {
  const vectors = new PieceVectors(index);
  for (let wanted = vectors.wanted(name, BATCH); wanted.length > 0; wanted = vectors.wanted(name, BATCH)) {
    const made = [];
    for (const { id, check, content } of wanted)
      made.push({ id, check, vector: await embed('passage', content) });
    vectors.put(name, made);
  }
  const questions = new Map<string, Float32Array>();
  for (const { text } of world.questions) questions.set(text, await embed('query', text));
  return { vectors, questions };
}
