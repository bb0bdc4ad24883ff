/** Replaces one passage of a text by another. Pure. Refuses to guess: the passage must be there exactly once. */
import { ToolError } from '@mobyclaw/lib/mcp-tool';
import { linesOf } from './markdown.ts';

const MAX_SHOWN = 5;

/** @throws ToolError where the passage is missing or ambiguous, with the lines that help to do better */
export function editExactly(text: string, file: string, oldText: string, newText: string): string {
  const crlf = text.includes('\r\n');
  const fitted = (part: string): string =>
    crlf ? part.replace(/\r?\n/g, '\r\n') : part.replace(/\r\n/g, '\n');
  const passage = fitted(oldText);
  const first = text.indexOf(passage);
  if (first === -1) throw new ToolError(missing(text, file, oldText));
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

function missing(text: string, file: string, oldText: string): string {
  const wanted = words(oldText);
  const near = linesOf(text)
    .map((line, index) => ({ line, number: index + 1, shared: shared(words(line), wanted) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, 3);
  const help =
    near.length === 0
      ? `Read the file with memory_read and copy the passage as it stands.`
      : `The nearest lines are:\n${near.map(({ number, line }) => `${number}: ${line.slice(0, 300)}`).join('\n')}\nCopy the passage as it stands, without line numbers.`;
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
