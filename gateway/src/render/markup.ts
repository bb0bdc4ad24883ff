/**
 * Writes styled text as the markup of a platform that has signs for bold and the like (Discord, Slack, WhatsApp). Works
 * line by line, since signs do not reach over line ends there: what is open is closed and opened again. What a platform
 * does its own way is in its `MarkupForm`.
 */
import { type Mark, markOf, type Run } from './styled-text.ts';

export type Emphasis = 'bold' | 'italic' | 'strike';

export interface MarkupForm {
  /** Before each line of a quote. */
  quotePrefix: string;
  /** Whether code in a quote is quoted too; else it stands between the lines of the quote. */
  quotesCode: boolean;
  /** Before a heading's line; null where a heading of this depth is bold instead. */
  headingPrefix(depth: number): string | null;
  /**
   * Opening and closing sign.
   * @param before - the character before the opening sign, empty at the line's edge or behind another sign
   * @param after - likewise behind the closing one
   */
  emphasis(kind: Emphasis, before: string, after: string): readonly [string, string];
  /** Text such that it shows as it is. `lineStart`: nothing but indentation is before it in its line. */
  escape(text: string, lineStart: boolean): string;
  /** Inline code; falls back to text where the platform cannot show it. */
  code(text: string): string;
  /** @param after - the character behind it, empty at the line's end */
  link(mark: Extract<Mark, { kind: 'link' }>, text: string, after: string): string;
  /** Whole lines of code with their fence; null where there is nothing that a fence could hold. */
  pre(text: string, language: string): string | null;
  /** Whether this run can be bold and so on. */
  emphasizes(run: Run): boolean;
}

interface Line {
  runs: Run[];
  quoted: boolean;
}

export function writeMarkup(runs: readonly Run[], form: MarkupForm): string {
  const written: string[] = [];
  const lines = linesOf(runs);
  const isCode = (line: Line | undefined) => markOf(line?.runs[0], 'pre') !== undefined;
  for (const [index, line] of lines.entries()) {
    const [first] = line.runs;
    const pre = markOf(first, 'pre');
    let text = '';
    if (first !== undefined && pre !== undefined) text = form.pre(first.text, pre.language) ?? '';
    else text = writeLine(line.runs, form);
    const besideCode = first === undefined && (isCode(lines[index - 1]) || isCode(lines[index + 1]));
    const quoted = line.quoted && (form.quotesCode || !(pre !== undefined || besideCode));
    written.push(quoted ? text.replace(/^/gmu, form.quotePrefix) : text);
  }
  return written.join('\n');
}

/** A block of code is one line here. */
function linesOf(runs: readonly Run[]): Line[] {
  let line: Line = { runs: [], quoted: false };
  const lines = [line];
  for (const run of runs) {
    const quoted = markOf(run, 'quote') !== undefined;
    const texts = markOf(run, 'pre') === undefined ? run.text.split('\n') : [run.text];
    for (const [index, text] of texts.entries()) {
      if (index > 0) {
        // An empty line is inside a quote when its line break is.
        line = { runs: [], quoted: quoted && index < texts.length - 1 };
        lines.push(line);
      }
      if (text === '') continue;
      line.runs.push({ text, marks: run.marks });
      line.quoted ||= quoted;
    }
  }
  return lines;
}

function writeLine(line: readonly Run[], form: MarkupForm): string {
  const heading = line.map((run) => markOf(run, 'heading')).find((mark) => mark !== undefined);
  const prefix = heading === undefined ? '' : (form.headingPrefix(heading.depth) ?? '');
  const runs = tightened(line.map((run) => ({ text: run.text, marks: emphasisOf(run, form), run })));
  const written: string[] = [];
  const open: { mark: Mark; close: string }[] = [];
  let lineStart = true;
  for (const [index, piece] of runs.entries()) {
    const previous = runs[index - 1];
    while (open.length > 0 && !piece.marks.includes(open.at(-1)?.mark as Mark))
      written.push(open.pop()?.close ?? '');
    for (const mark of piece.marks) {
      if (open.some((one) => one.mark === mark)) continue;
      let end = index + 1;
      while (runs[end]?.marks.includes(mark)) end++;
      const behind = runs[end];
      const enclosed = open.some((one) => !behind?.marks.includes(one.mark));
      const afterSign = open.some((one) => !previous?.marks.includes(one.mark));
      const before = afterSign ? '' : (previous?.text.slice(-1) ?? '');
      const kind = mark.kind === 'heading' ? 'bold' : (mark.kind as Emphasis);
      const [sign, close] = form.emphasis(kind, before, enclosed ? '' : (behind?.text.slice(0, 1) ?? ''));
      written.push(sign);
      open.push({ mark, close });
    }
    written.push(
      writeRun(
        piece.text,
        piece.run,
        form,
        lineStart && prefix === '',
        runs[index + 1]?.text.charAt(0) ?? '',
      ),
    );
    lineStart &&= piece.text.trim() === '';
  }
  for (const { close } of open.reverse()) written.push(close);
  return prefix + written.join('');
}

function writeRun(text: string, run: Run, form: MarkupForm, lineStart: boolean, after: string): string {
  if (markOf(run, 'marker') !== undefined) return text;
  const link = markOf(run, 'link');
  if (link !== undefined) return form.link(link, text, after);
  if (markOf(run, 'code') !== undefined) return form.code(text);
  return form.escape(text, lineStart);
}

function emphasisOf(run: Run, form: MarkupForm): readonly Mark[] {
  if (!form.emphasizes(run) || markOf(run, 'marker') !== undefined) return [];
  const heading = markOf(run, 'heading');
  const headingIsBold = heading !== undefined && form.headingPrefix(heading.depth) === null;
  return run.marks.filter(
    ({ kind }) =>
      kind === 'italic' ||
      kind === 'strike' ||
      (kind === 'bold' && !headingIsBold) ||
      (kind === 'heading' && headingIsBold),
  );
}

interface Emphasized {
  text: string;
  marks: readonly Mark[];
  run: Run;
}

/** Signs must touch the text: white space at the edges of what is emphasised is moved out of it. */
function tightened(pieces: readonly Emphasized[]): Emphasized[] {
  const parts = pieces.flatMap((piece): Emphasized[] => {
    const body = piece.text.trim();
    if (piece.marks.length === 0 || body === piece.text) return [piece];
    const lead = piece.text.slice(0, piece.text.length - piece.text.trimStart().length);
    return [lead, body, piece.text.slice(lead.length + body.length)]
      .filter((text) => text !== '')
      .map((text) => ({ ...piece, text }));
  });
  return parts.map((piece, index) => {
    if (piece.text.trim() !== '') return piece;
    // White space keeps the marks that go on at both sides of it.
    let first = index - 1;
    while (parts[first]?.text.trim() === '') first--;
    let last = index + 1;
    while (parts[last]?.text.trim() === '') last++;
    const before = parts[first];
    const after = parts[last];
    const marks = piece.marks.filter((mark) => before?.marks.includes(mark) && after?.marks.includes(mark));
    return { ...piece, marks };
  });
}
