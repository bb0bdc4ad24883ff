/**
 * Where a command reads and writes. Answers go to stdout, everything said about them to stderr, so that a pipe gets the
 * answer alone. Colour only where a person looks (a tty) and has not asked for none (https://no-color.org).
 */
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import stringWidth from 'string-width';

export interface Terminal {
  stdin: Readable & { isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
  env: Readonly<Record<string, string | undefined>>;
}

type Style = 'dim' | 'bold' | 'red' | 'green' | 'yellow';

export function processTerminal(): Terminal {
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env };
}

/** @returns `text` in a style, or as it is where `stream` shows no styles */
export function styled(
  terminal: Terminal,
  stream: 'stdout' | 'stderr',
  style: Style | Style[],
  text: string,
): string {
  const plain = terminal.env.NO_COLOR || terminal.env.TERM === 'dumb' || !terminal[stream].isTTY;
  return plain ? text : styleText(style, text, { validateStream: false });
}

/** Writes a line for scripts and pipes. */
export function print(terminal: Terminal, text: string): void {
  terminal.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes a line for the person who watches. */
export function say(terminal: Terminal, text: string): void {
  terminal.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

const NARROWEST = 20; // below that a wrapped cell is harder to read than one that the terminal breaks

/**
 * Columns side by side, each as wide as its longest cell is on a terminal, where a Chinese character or an emoji takes two
 * places and a combining mark none; the last is not padded.
 * @param columns of the terminal, where a person looks: the last cell is broken between words to stay in its column
 */
export function table(rows: readonly (readonly string[])[], columns?: number): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, stringWidth(cell));
  }
  return rows.map((row) => tableRow(row, widths, columns)).join('\n');
}

function tableRow(
  row: readonly string[],
  widths: readonly number[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const last = row.length - 1;
  const head = row
    .slice(0, last)
    .map((cell, i) => `${cell}${' '.repeat((widths[i] ?? 0) - stringWidth(cell))}  `);
  const before = stringWidth(head.join(''));
  const room = columns - before;
  const lines = room < NARROWEST ? [row[last] ?? ''] : wrapped(row[last] ?? '', room);
  return `${head.join('')}${lines.join(`\n${' '.repeat(before)}`)}`.trimEnd();
}

function wrapped(text: string, room: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (stringWidth(line) + 1 + stringWidth(word) <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** How wide a table may be: as the terminal is, and without a bound in a pipe. */
export function columnsOf({ stdout }: Terminal): number | undefined {
  return stdout.isTTY ? stdout.columns : undefined;
}

/**
 * Text from a model, a file or a log as it may be shown: without the control characters by which it could move the
 * cursor, set the title or answer the terminal's queries.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

/**
 * Text that somebody else chose, such as a stranger's name, as one cell of a table: on one line, of bounded length, and
 * without the marks that would turn the direction of what follows.
 */
export function cell(text: string, most = 60): string {
  const line = printable(text)
    .replace(/[\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const letters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment);
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : line;
}
