/** Replaces one passage of a text by another. Pure. Refuses to guess: the passage must be there exactly once. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { ToolError } from './tool.ts';

const MAX_SHOWN = 5;

export interface ExactEdit {
  /** The file's name as the model knows it. */
  file: string;
  oldText: string;
  newText: string;
  /** The tool that shows the file, for the advice in an error. */
  readTool: string;
}

/**
 * Line ends of the passage may differ from the file's; what is put in gets the file's own.
 * @throws ToolError where the passage is missing or ambiguous, with the lines that help to do better
 */
export function editExactly(text: string, { file, oldText, newText, readTool }: ExactEdit): string {
  const crlf = text.includes('\r\n');
  const fitted = (part: string): string =>
    crlf ? part.replace(/\r?\n/g, '\r\n') : part.replace(/\r\n/g, '\n');
  // As it was given first: a file with mixed line ends has passages that a fitted one would miss.
  const passage = text.includes(oldText) ? oldText : fitted(oldText);
  const first = text.indexOf(passage);
  if (first === -1) throw new ToolError(missing(text, file, oldText, readTool));
  const second = text.indexOf(passage, first + 1);
  if (second !== -1) {
    const places: number[] = [];
    for (let at = first; at !== -1 && places.length < MAX_SHOWN; at = text.indexOf(passage, at + 1)) {
      places.push(lineAt(text, at));
    }
    throw new ToolError(
      `old_text stands more than once in ${file} (lines ${places.join(', ')}). Nothing was changed. Take more of the text around the one that you mean.`,
    );
  }
  return text.slice(0, first) + fitted(newText) + text.slice(first + passage.length);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function missing(text: string, file: string, oldText: string, readTool: string): string {
  const wanted = words(oldText);
  const near = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1, shared: shared(words(line), wanted) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, 3);
  const help =
    near.length === 0
      ? `Read the file with ${readTool} and copy the passage as it stands.`
      : `The nearest lines are:\n${near.map(({ number, line }) => `${number}: ${cutText(line, 300)}`).join('\n')}\nCopy the passage as it stands, without line numbers.`;
  return `old_text was not found in ${file}. Nothing was changed. ${help}`;
}

function words(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []);
}

function shared(a: Set<string>, b: Set<string>): number {
  let count = 0;
  for (const word of a) if (b.has(word)) count++;
  return count;
}
