/** Puts one line of a text in the place of another, found by its words. Pure; every other byte stays. */
import { ToolError } from '@mobyclaw/mcp/tool';
import { linesOf } from '../markdown.ts';
import { lineKey, plainLine } from '../sources/line-key.ts';

const MARK = /^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?/;

/**
 * @param is without a mark of a list, which stays; empty removes the line
 * @throws ToolError where the line is not there exactly once
 */
export function replaceLine(text: string, file: string, old: string, is: string): string {
  const lines = linesOf(text);
  const wanted = lineKey(old);
  const found = lines.flatMap((line, index) => (wanted !== '' && lineKey(line) === wanted ? index : []));
  const [at] = found;
  if (at === undefined) {
    throw new ToolError(
      `"${plainLine(old)}" does not stand in ${file}. Nothing was changed. memory_read shows its lines.`,
    );
  }
  if (found.length > 1) {
    throw new ToolError(
      `"${plainLine(old)}" stands more than once in ${file} (lines ${found.map((index) => index + 1).join(', ')}). Nothing was changed. Use memory_edit with the text around the one that you mean.`,
    );
  }
  const begin = offsetOf(text, at);
  const next = text.indexOf('\n', begin);
  const end = next === -1 ? text.length : next;
  const line = text.slice(begin, end);
  if (is === '') return text.slice(0, begin) + text.slice(Math.min(end + 1, text.length));
  const mark = MARK.exec(line)?.[0] ?? '';
  return `${text.slice(0, begin)}${mark}${plainLine(is)}${line.endsWith('\r') ? '\r' : ''}${text.slice(end)}`;
}

function offsetOf(text: string, line: number): number {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (let index = 0; index < line; index++) at = text.indexOf('\n', at) + 1;
  return at;
}
