/**
 * `POST /recall` for the gateway: the few pieces that belong to a message, before it is answered. Never what stands in the
 * prompt already, which is MEMORY.md as it was published; never the checklist of the heartbeat; for a guest nothing but
 * the notes of his own conversation, although his tools would find more: what comes unasked he has not looked for.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import { type RecallAnswer, recallBodySchema } from '@mobyclaw/protocol/recall-answer';
import { askedBy, rankUnasked } from '@mobyclaw/recall/unasked';
import { guestNotesOf } from '../guest-notes.ts';
import { HEARTBEAT, isGuestNotes, MEMORY } from '../memory-file.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { Hit, SearchIndex } from './search-index.ts';

const MOST_LOOKED_AT = 20;
const MOST_TOLD = 8; // the gateway chooses among them and its own

export function recallRoute(options: {
  home: string;
  store: MemoryStore;
  index: SearchIndex;
  /** A turn has begun, in which somebody may ask. */
  warm(): void;
}): Route {
  const { home, store, index, warm } = options;
  return {
    method: 'POST',
    path: '/recall',
    async answer({ body }): Promise<RecallAnswer> {
      const { text, guestOf } = checked(recallBodySchema, body);
      warm();
      const asked = askedBy(text);
      if (asked === null) return { pieces: [] };
      const { hits } = await index.search({
        phrasings: [asked],
        limit: MOST_LOOKED_AT,
        today: store.today().date,
        ...(guestOf === null ? {} : { only: guestNotesOf(guestOf) }),
      });
      const published = await linesInPrompt(home);
      const pieces = hits.flatMap((hit) => {
        const rank = rankUnasked(asked, { ...hit, content: hit.snippet });
        if (rank === null || hit.file === HEARTBEAT || stands(hit, published)) return [];
        const { file, line, at, speaker, snippet } = hit;
        return [{ file, line, at, speaker, guest: isGuestNotes(file), text: snippet, rank }];
      });
      return { pieces: pieces.slice(0, MOST_TOLD) };
    },
  };
}

/** Every line of it is shown to the model, wherever it stands there. */
function stands({ snippet }: Hit, published: ReadonlySet<string>): boolean {
  const shown = [...published]; // what is published may bear a mark at its end, such as of what is past
  return linesOf(snippet).every((line) => published.has(line) || shown.some((one) => one.startsWith(line)));
}

async function linesInPrompt(home: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(linesOf(await readFile(join(home, 'agent', MEMORY), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}

/** Without the sign of a list, so that a fact counts as known wherever it was copied to. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^(?:[-*+]|\d+[.)])\s+/, ''))
    .filter((line) => line !== '');
}
