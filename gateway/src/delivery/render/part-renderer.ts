/**
 * The way from Markdown to parts that all platforms share: clean, cut into chunks, parse, style, split, write.
 *
 * A stream is rendered again and again while it grows, so the styled runs of chunks are kept: only the last chunk of a
 * growing text is parsed anew.
 */
import type { RootContent } from 'mdast';
import type { RenderedPart, Renderer, TextLimit } from '../renderer.ts';
import { parseChunk } from './parser.ts';
import { writePlain } from './plain.ts';
import { collectReferences, noReferences, type References } from './references.ts';
import { sizeOf } from './size.ts';
import { type Chunk, chunksOf, cleanSource } from './source.ts';
import { split } from './split.ts';
import { type Run, StyledText } from './styled-text.ts';
import { type Look, styledRuns } from './tree.ts';

/** Chunks kept; about 300 characters each. */
const KEPT_CHUNKS = 512;
const LARGEST_KEPT = 8_000;
/** No address may fill more of a message than this. */
const URL_SHARE = 1 / 4;
const LONGEST_URL = 2000;

interface StyledChunk {
  runs: readonly Run[];
  /** Ends with a heading, which belongs to what follows. */
  heading: boolean;
  /** Begins with a heading. */
  headed: boolean;
}

export interface Written {
  text: string;
  extras?: Readonly<Record<string, unknown>>;
  /** More formatting than the platform takes in one message. */
  tooMuch?: boolean;
}

export function markupRenderer(
  look: Omit<Look, 'longestUrl'>,
  write: (runs: readonly Run[]) => string,
): Renderer {
  return partRenderer(look, (runs) => ({ text: write(runs) }));
}

/** @param write - one message from runs; pure */
export function partRenderer(
  look: Omit<Look, 'longestUrl'>,
  write: (runs: readonly Run[]) => Written,
): Renderer {
  const kept = new Map<string, StyledChunk>();

  function styled(nodes: readonly RootContent[], longestUrl: number, references: References): StyledChunk {
    return {
      runs: styledRuns(nodes, { ...look, longestUrl }, references),
      heading: nodes.at(-1)?.type === 'heading',
      headed: nodes[0]?.type === 'heading',
    };
  }

  function fromKept(chunk: Chunk, longestUrl: number): StyledChunk {
    const key = `${longestUrl}:${chunk.verbatim ? 1 : 0}:${chunk.text}`;
    const made = kept.get(key) ?? styled(parseChunk(chunk), longestUrl, noReferences());
    kept.delete(key); // set again as the youngest
    if (chunk.text.length <= LARGEST_KEPT) kept.set(key, made);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_CHUNKS && oldest !== undefined) kept.delete(oldest);
    return made;
  }

  function styledChunks(chunks: readonly Chunk[], longestUrl: number): StyledChunk[] {
    // What defines or refers is few and small, and is seen against the whole text each time.
    const references = noReferences();
    const parsed = chunks.map((chunk) => {
      if (!chunk.defines && chunk.definitions === '') return null;
      const nodes = parseChunk(chunk);
      collectReferences(nodes, references);
      return nodes;
    });
    return chunks.map((chunk, index) => {
      const nodes = parsed[index] ?? null;
      return nodes === null ? fromKept(chunk, longestUrl) : styled(nodes, longestUrl, references);
    });
  }

  function styledText(markdown: string, longestUrl: number): StyledText {
    const runs: Run[] = [];
    const chunks = chunksOf(cleanSource(markdown));
    let before: StyledChunk | null = null;
    for (const [index, next] of styledChunks(chunks, longestUrl).entries()) {
      if (next.runs.length === 0) continue;
      if (before !== null) {
        const joint = chunks[index]?.joint ?? '\n\n';
        const near = joint === '\n\n' && before.heading && !next.headed;
        runs.push({ text: near ? '\n' : joint, marks: [] });
      }
      runs.push(...next.runs);
      before = next;
    }
    return new StyledText(runs.filter((run) => run.text !== ''));
  }

  return {
    render(markdown, limit) {
      const longestUrl = Math.min(LONGEST_URL, Math.floor(limit.max * URL_SHARE));
      const text = styledText(markdown, longestUrl);
      const made = new Map<string, RenderedPart | null>();
      const part = (start: number, end: number): RenderedPart | null => {
        const key = `${start}-${end}`;
        const known = made.get(key);
        if (known !== undefined) return known;
        const fitting = fittingPart(text.slice(start, end), write, limit);
        made.set(key, fitting);
        return fitting;
      };
      const longest = limit.max * (limit.unit === 'codepoints' ? 2 : 1) + 1;
      return split(text, (start, end) => part(start, end) !== null, longest).flatMap(
        ({ start, end }) => part(start, end) ?? plainParts(text.text.slice(start, end), limit),
      );
    },
  };
}

function fittingPart(
  runs: readonly Run[],
  write: (runs: readonly Run[]) => Written,
  limit: TextLimit,
): RenderedPart | null {
  const { text, extras, tooMuch } = write(runs);
  if (tooMuch === true || sizeOf(text, limit.unit) > limit.max) return null;
  const plain = writePlain(runs);
  if (sizeOf(plain, limit.unit) > limit.max) return null;
  return extras === undefined ? { text, plain } : { text, plain, extras };
}

/** For a single character that does not fit with its markup, or is a sequence longer than a message. */
function plainParts(text: string, limit: TextLimit): RenderedPart[] {
  const parts: string[] = [''];
  for (const point of text) {
    const last = parts.length - 1;
    const grown = parts[last] + point;
    if (sizeOf(grown, limit.unit) > limit.max && parts[last] !== '') parts.push(point);
    else parts[last] = grown;
  }
  return parts.map((part) => ({ text: part, plain: part }));
}
