/**
 * The way from Markdown to parts that all platforms share: clean, cut into chunks, parse, style, split, write.
 *
 * A stream is rendered again and again while it grows, so the styled runs of chunks and the messages that can change no
 * more are kept: only the last chunk of a growing text is parsed anew, and only its last message cut and written.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { RootContent } from 'mdast';
import { parseChunk } from './parser.ts';
import type { RenderedPart, Renderer, TextLimit } from './part.ts';
import { writePlain } from './plain.ts';
import { collectReferences, noReferences, type References } from './references.ts';
import { sizeOf } from './size.ts';
import { type Chunk, chunksOf, cleanSource } from './source.ts';
import { LOOKAHEAD, split } from './split.ts';
import { type Mark, type Run, StyledText } from './styled-text.ts';
import { type Look, styledRuns } from './tree.ts';

/** Chunks kept; about 300 characters each. */
const KEPT_CHUNKS = 512;
const LARGEST_KEPT = 8_000;
/** Messages kept; about 20 KB each. */
const KEPT_PIECES = 64;
/** So long the event loop may wait for a slice that is done; one more chunk or message, some 15 ms, is begun before. */
const SLICE_MS = 10;
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

/** One message of a text that goes on behind it. */
interface KeptPiece {
  /** As far as the cut, in UTF-16 code units. */
  length: number;
  parts: readonly RenderedPart[];
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
  const kept = new BoundedMap<string, StyledChunk>(KEPT_CHUNKS);
  const pieces = new BoundedMap<string, KeptPiece>(KEPT_PIECES);

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
    if (chunk.text.length <= LARGEST_KEPT) kept.set(key, made);
    return made;
  }

  function* styledChunks(chunks: readonly Chunk[], longestUrl: number): Generator<void, StyledChunk[]> {
    // What defines or refers is few and small, and is seen against the whole text each time.
    const references = noReferences();
    const parsed: (RootContent[] | null)[] = [];
    for (const chunk of chunks) {
      const refers = chunk.defines || chunk.definitions !== '';
      const nodes = refers ? parseChunk(chunk) : null;
      if (nodes !== null) collectReferences(nodes, references);
      parsed.push(nodes);
      yield;
    }
    const made: StyledChunk[] = [];
    for (const [index, chunk] of chunks.entries()) {
      const nodes = parsed[index] ?? null;
      made.push(nodes === null ? fromKept(chunk, longestUrl) : styled(nodes, longestUrl, references));
      yield;
    }
    return made;
  }

  function* styledText(markdown: string, longestUrl: number): Generator<void, StyledText> {
    const runs: Run[] = [];
    const chunks = chunksOf(cleanSource(markdown));
    let before: StyledChunk | null = null;
    for (const [index, next] of (yield* styledChunks(chunks, longestUrl)).entries()) {
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

  function* inSlices(markdown: string, limit: TextLimit): Generator<void, RenderedPart[]> {
    const longestUrl = Math.min(LONGEST_URL, Math.floor(limit.max * URL_SHARE));
    const text = yield* styledText(markdown, longestUrl);
    const longest = limit.max * (limit.unit === 'codepoints' ? 2 : 1) + 1;
    const made = new Map<string, RenderedPart | null>();
    const part = (start: number, end: number): RenderedPart | null => {
      const key = `${start}-${end}`;
      const known = made.get(key);
      if (known !== undefined) return known;
      // No writer makes a text shorter.
      const long = sizeOf(text.text.slice(start, end), limit.unit) > limit.max;
      const fitting = long ? null : fittingPart(text.slice(start, end), write, limit);
      made.set(key, fitting);
      return fitting;
    };
    const goesOn = text.text.trimEnd().length; // a piece that can look as far as this may still change
    const keys = new Map<number, string | null>();
    const keyOf = (start: number): string | null => {
      const known = keys.get(start);
      if (known !== undefined) return known;
      const mayChange = goesOn < start + longest + LOOKAHEAD;
      const key = mayChange ? null : keyOfPiece(text, start, longest, limit);
      keys.set(start, key);
      return key;
    };
    const keptAt = (start: number): KeptPiece | undefined => {
      const key = keyOf(start);
      return key === null ? undefined : pieces.get(key);
    };
    const parts: RenderedPart[] = [];
    const cutAt = (start: number): number | null => {
      const kept = keptAt(start);
      return kept === undefined ? null : start + kept.length;
    };
    for (const { start, end, cut } of split(text, (from, to) => part(from, to) !== null, longest, cutAt)) {
      const kept = keptAt(start);
      const own = kept?.parts ?? whole(part(start, end), text.text.slice(start, end), limit);
      parts.push(...own);
      const key = keyOf(start);
      if (key !== null) pieces.set(key, { length: cut - start, parts: own });
      yield;
    }
    return parts;
  }

  return {
    render(markdown, limit) {
      const slices = inSlices(markdown, limit);
      for (;;) {
        const { done, value } = slices.next();
        if (done === true) return value;
      }
    },
    async renderInSlices(markdown, limit) {
      const slices = inSlices(markdown, limit);
      for (let since = performance.now(); ; ) {
        const { done, value } = slices.next();
        if (done === true) return value;
        if (performance.now() - since < SLICE_MS) continue;
        await nextTurn();
        since = performance.now();
      }
    },
  };
}

function whole(part: RenderedPart | null, text: string, limit: TextLimit): RenderedPart[] {
  return part === null ? plainParts(text, limit) : [part];
}

/** Names all that the piece from `start` depends on: the runs as far as a cut can look, with their marks. */
function keyOfPiece(text: StyledText, start: number, longest: number, limit: TextLimit): string {
  const end = start + longest + LOOKAHEAD;
  const numbers = new Map<Mark, string>();
  let marked = `${limit.max} ${limit.unit}`;
  for (const { text: part, marks } of text.slice(start, end)) {
    marked += ` ${part.length}`;
    for (const mark of marks) {
      const number = numbers.get(mark);
      marked += number ?? JSON.stringify(mark);
      if (number === undefined) numbers.set(mark, `#${numbers.size}`);
    }
  }
  return `${marked}\n${text.text.slice(start, end)}`;
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
