/**
 * What the gateway asks for the owner: his memory files as they are, the versions of them that are kept, and a search. What he
 * saves is a hand edit like any other, so the journal of sources does not name a turn for it; the version before is kept.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checked } from '@mobyclaw/lib/checked';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Route } from '@mobyclaw/mcp/route';
import { ToolError } from '@mobyclaw/mcp/tool';
import { type MemoryFileHead, type MemoryHits, ownerFileSaveSchema } from '@mobyclaw/protocol/memory-file';
import * as z from 'zod';
import { DATE_FORM, isMemoryFileName, type MemoryFileName } from '../memory-file.ts';
import { type MemoryStore, versionOf } from '../memory-store.ts';
import { memoryFiles } from '../search/changed-files.ts';
import type { QuestionVectors } from '../search/question-desk.ts';
import type { SearchIndex } from '../search/search-index.ts';
import type { Journal } from '../sources/journal.ts';
import { sessionsOf } from '../sources/sessions-of.ts';
import { EGRESS, listVersions, readVersion, SOUL } from '../versions.ts';

const day = z.string().regex(DATE_FORM, 'write YYYY-MM-DD').optional();
const nameQuery = z.object({ name: z.string().min(1).max(200) });
const versionQuery = nameQuery.extend({ at: z.iso.datetime() });
const searchQuery = z.object({
  q: z.string().trim().min(1).max(500),
  from: day,
  to: day,
  limit: z.coerce.number().int().min(1).max(100).default(30),
});

export interface OwnerRoutesOptions {
  home: string;
  store: MemoryStore;
  index: SearchIndex;
  journal: Journal;
  /** What a question means. @returns as Meaning.of */
  meaningOf(phrasings: readonly string[]): Promise<QuestionVectors | null | undefined>;
}

export function ownerRoutes({ home, store, index, journal, meaningOf }: OwnerRoutesOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/files',
      answer: () => ({
        items: memoryFiles(home).flatMap((name) => headOf(home, name)),
        today: store.today().date,
      }),
    },
    {
      method: 'GET',
      path: '/file',
      answer: ({ query }) => told(() => fileNamed(checked(nameQuery, query).name)),
    },
    {
      method: 'POST',
      path: '/file',
      answer: ({ body }) =>
        told(async () => {
          const { name, text, version } = checked(ownerFileSaveSchema, body);
          await store.replace(memoryName(name), text, version);
          return fileNamed(name);
        }),
    },
    {
      method: 'GET',
      path: '/file/versions',
      async answer({ query }) {
        return { items: await listVersions(home, keptName(checked(nameQuery, query).name)) };
      },
    },
    {
      method: 'GET',
      path: '/file/version',
      answer: ({ query }) =>
        told(async () => {
          const { name, at } = checked(versionQuery, query);
          const text = await readVersion(home, keptName(name), at);
          if (text === null)
            throw new HttpProblem('not-found', `No version of ${name} of ${at} is kept any more.`);
          return { name, text, version: versionOf(text) };
        }),
    },
    { method: 'GET', path: '/search', answer: ({ query }) => search(query) },
  ];

  async function fileNamed(given: string) {
    const name = memoryName(given);
    const text = await store.read(name);
    return { name, text: text ?? '', version: text === null ? null : versionOf(text) };
  }

  async function search(query: unknown): Promise<MemoryHits> {
    const { q, from, to, limit } = checked(searchQuery, query);
    const within = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const { hits, unread, missing } = await index.search({
      phrasings: [q],
      meaning: (await meaningOf([q])) ?? null,
      limit,
      today: store.today().date,
      ...(from === undefined && to === undefined ? {} : { within }),
    });
    const sessions = await sessionsOf(hits, journal, (name) => store.readable(name));
    const items = hits.map(({ score: _score, coverage: _coverage, ...hit }, at) => ({
      ...hit,
      ...(sessions[at] === undefined ? {} : { session: sessions[at] }),
    }));
    return { items, unread, missing: missing.files };
  }
}

/** @throws HttpProblem where it is none of the memory's files */
function memoryName(name: string): MemoryFileName {
  if (isMemoryFileName(name)) return name;
  throw new HttpProblem('not-found', `${name} is not a file of the memory.`);
}

function keptName(name: string): MemoryFileName | typeof SOUL | typeof EGRESS {
  return name === SOUL || name === EGRESS ? name : memoryName(name);
}

/** A link, or what has gone meanwhile, is no file to show. */
function headOf(home: string, name: MemoryFileName): MemoryFileHead[] {
  const stat = statSync(join(home, name), { throwIfNoEntry: false });
  if (!stat?.isFile()) return [];
  return [{ name, bytes: stat.size, changedAt: new Date(stat.mtimeMs).toISOString() }];
}

/** What the tools tell the model of a file that cannot be read is for its owner as well. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ToolError) throw new HttpProblem('validation-failed', error.message);
    throw error;
  }
}
