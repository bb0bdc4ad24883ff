/**
 * Prepares Markdown for the parser: cleans it, and cuts it into chunks that can be parsed each by itself. Two reasons:
 * of a text that grows as it is streamed only the last chunk is new, and the parser's time grows with the square of
 * its input for some input (deep nesting, thousands of unclosed markers), so no chunk may be large. What all of them cost
 * is bounded too: what comes behind is shown as it stands.
 */
import { costOf } from './parse-cost.ts';
import { FENCE, LIST_ITEM, type Piece, piecesOf } from './pieces.ts';

/** More reference definitions than this in one text are data, not references. */
const MOST_DEFINITIONS = 200;

/**
 * What one answer may cost the parser in all, see `parse-cost.ts`: some 60 KB of dense Markdown. What is beyond it is shown
 * as it stands; nobody reads thirty messages for their bold words.
 */
const MOST_COST = 200;
/** Of code, of which the parser only looks for the end. */
const COST_OF_CODE = 0.0003;

const DEFINITION = /^ {0,3}\[([^\][\n]{1,200})\]:(.*)$/u;
const LABEL = /\[([^\][\n]{1,200})\]/gu;

/**
 * Line ends become `\n`; control characters and direction overrides, which show nothing and which Telegram throws out,
 * go; halves of surrogate pairs become U+FFFD, but for one at the end: a stream was cut there.
 */
export function cleanSource(markdown: string): string {
  return (
    markdown
      .replace(/[\uD800-\uDBFF]$/u, '')
      .toWellFormed()
      .replace(/\r\n?|[\u0085\u2028\u2029]/gu, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
      .replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\uFDD0-\uFDEF]/gu, '')
  );
}

export interface Chunk extends Piece {
  /** Definitions from other chunks of what this one may refer to: to be parsed behind it, and not to be shown. */
  definitions: string;
  /** Holds definitions of its own. */
  defines: boolean;
}

/** Cuts a clean text at blank lines after which Markdown begins anew whatever came before. */
export function chunksOf(source: string): Chunk[] {
  const chunks: Chunk[] = [];
  let lines: string[] = [];
  let fence: { mark: string; inList: boolean } | null = null;
  let list = false;
  let blank = false;
  let defines = false;
  const definitions = new Map<string, string>();

  const flush = () => {
    if (lines.some((line) => line.trim() !== '')) {
      chunks.push(...piecesOf(lines.join('\n')).map((piece) => ({ ...piece, definitions: '', defines })));
    }
    lines = [];
    list = false;
    defines = false;
  };

  for (const line of source.split('\n')) {
    if (line.trim() === '') {
      blank = true;
      lines.push(line);
      continue;
    }
    const indented = line.startsWith(' ') || line.startsWith('\t');
    // What is not indented ends the list item, and the fence that was left open in it.
    if (fence?.inList && !indented) fence = null;
    const item = LIST_ITEM.test(line);
    const [, indent = '', mark = '', info = ''] = FENCE.exec(line) ?? [];
    const opens = fence === null && mark !== '' && !(mark.startsWith('`') && info.includes('`'));
    if (fence === null && !indented && ((blank && !item) || opens)) flush();
    blank = false;
    list ||= item;
    lines.push(line);
    if (opens) {
      fence = { mark, inList: list && indent.length > 0 };
    } else if (fence !== null) {
      if (mark.startsWith(fence.mark) && info.trim() === '') {
        if (!list) flush();
        fence = null;
      }
    } else {
      const [, label, address = ''] = DEFINITION.exec(line) ?? [];
      if (label === undefined) continue;
      defines = true;
      if (!definitions.has(labelKey(label))) {
        definitions.set(labelKey(label), `[${label}]:${label.startsWith('^') ? ' .' : address}`);
      }
    }
  }
  const open = fence !== null;
  flush();
  const few = definitions.size > 0 && definitions.size <= MOST_DEFINITIONS;
  let cost = 0;
  return chunks.map((chunk, index) => {
    const alone = !few || chunk.verbatim || (open && index === chunks.length - 1);
    const needed = alone ? '' : definitionsFor(chunk.text, definitions);
    cost += FENCE.test(firstLine(chunk.text))
      ? chunk.text.length * COST_OF_CODE
      : costOf(chunk.text + needed);
    return cost > MOST_COST
      ? { ...chunk, definitions: '', defines: false, verbatim: true }
      : { ...chunk, definitions: needed };
  });
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? text : text.slice(0, end);
}

/** A reference has to be parsed together with its definition to be one. */
function definitionsFor(text: string, definitions: ReadonlyMap<string, string>): string {
  const labels = new Set(Array.from(text.matchAll(LABEL), ([, label = '']) => labelKey(label)));
  return Array.from(labels, (label) => definitions.get(label) ?? '')
    .filter((definition) => definition !== '')
    .join('\n\n');
}

function labelKey(label: string): string {
  return label.trim().toLowerCase().replace(/\s+/gu, ' ');
}
