/**
 * Prepares Markdown for the parser: cleans it, and cuts it into chunks that can be parsed each by itself. Two reasons:
 * of a text that grows as it is streamed only the last chunk is new, and the parser's time grows with the square of
 * its input for some input (deep nesting, thousands of unclosed markers), so no chunk may be large.
 */

/** A paragraph longer than this is no prose; 16 KB of the worst input found takes the parser 0.3 s. */
const LARGEST_PARAGRAPH = 16_000;
/** Rows of a table and lines of a list are parsed one by one, which is linear. */
const LARGEST_CHUNK = 64_000;
/** Deeper quotes and lists than any person could read; the parser's stack ends at some thousand. */
const DEEPEST_NESTING = 32;
/** More reference definitions than this in one text are data, not references. */
const MOST_DEFINITIONS = 200;

const NESTING = new RegExp(
  `^(?:[ \\t]*(?:>|[-+*](?=[ \\t])|\\d{1,9}[.)](?=[ \\t]))){${DEEPEST_NESTING}}` +
    `|^[ ]{${DEEPEST_NESTING * 2},}(?:[-+*]|\\d{1,9}[.)])[ ]`,
  'mu',
);
const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/u;
const LIST_ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)/u;
/** A row of a table or an item of a list. */
const SHORT_ROW = /^\s*(?:\||[-+*] |\d{1,9}[.)] ).{0,4000}$|^$/u;
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

export interface Chunk {
  text: string;
  /** Definitions from other chunks of what this one may refer to: to be parsed behind it, and not to be shown. */
  definitions: string;
  /** Holds definitions of its own. */
  defines: boolean;
  /** Not Markdown, or too large and too deep to be parsed as such. */
  verbatim: boolean;
  /** What stands between the chunk before and this one: a blank line, unless one block had to be cut in two. */
  joint: '\n\n' | '\n' | ' ' | '';
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
      chunks.push(...bounded(lines.join('\n')).map((piece) => ({ ...piece, definitions: '', defines })));
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
  return definitions.size === 0 || definitions.size > MOST_DEFINITIONS
    ? chunks
    : chunks.map((chunk, index) =>
        open && index === chunks.length - 1
          ? chunk
          : { ...chunk, definitions: definitionsFor(chunk.text, definitions) },
      );
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

type Piece = Pick<Chunk, 'text' | 'verbatim' | 'joint'>;

/** Bounds the parser's time: what is too deep stays as it is, what is too long is cut at line ends. */
function bounded(text: string): Piece[] {
  const whole = (verbatim: boolean): Piece[] => [{ text, verbatim, joint: '\n\n' }];
  if (FENCE.test(text.slice(0, text.search(/\n|$/u)))) return whole(false); // linear, whatever its length
  if (NESTING.test(text)) return whole(true);
  const byLine = text.length > LARGEST_PARAGRAPH && text.split('\n').every((line) => SHORT_ROW.test(line));
  const most = byLine ? LARGEST_CHUNK : LARGEST_PARAGRAPH;
  const pieces: Piece[] = [];
  let joint: Chunk['joint'] = '\n\n';
  for (let start = 0; start < text.length; ) {
    const line = text.lastIndexOf('\n', start + most);
    const cut = start + most >= text.length ? text.length : line > start ? line : wordEnd(text, start + most);
    pieces.push({ text: text.slice(start, cut), verbatim: false, joint });
    const next = text[cut];
    joint = next === '\n' || next === ' ' ? next : '';
    start = cut + joint.length;
  }
  return pieces;
}

/** Where to cut a line that is too long: at a space not far before `end`, else at `end`, never in a surrogate pair. */
function wordEnd(text: string, end: number): number {
  const space = text.lastIndexOf(' ', end);
  if (space > end - 1000) return space;
  return /[\uDC00-\uDFFF]/u.test(text.charAt(end)) ? end - 1 : end;
}
