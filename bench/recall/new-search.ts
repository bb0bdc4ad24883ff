/** The search of Moby: each turn a piece, each day of a chat a source. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PieceIndex } from '@mobyclaw/recall/piece-index';
import { recall } from '@mobyclaw/recall/search';
import type { Searcher } from './searcher.ts';
import { TODAY, type Turn } from './world.ts';

const WEAK = 0.5; // below it memory_search says that no passage has most of what was asked for

export function newSearch(turns: readonly Turn[]): Searcher {
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
    search(question, limit) {
      const { hits } = recall(index, { phrasings: [question], limit, today: TODAY });
      return {
        hits: hits.map(({ line }) => line),
        claims: Math.max(0, ...hits.map(({ coverage }) => coverage)) >= WEAK,
      };
    },
    close() {
      index.close();
      rmSync(folder, { recursive: true });
    },
  };
}
