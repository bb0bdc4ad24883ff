/**
 * Carries out on a text what the nightly look wants. Pure. What the owner wrote himself is not touched, no warning goes, and what
 * is there already is not written again; everything that is not done is told with its reason.
 */
import { ToolError } from '@mobyclaw/mcp/tool';
import type { Review, ReviewStep } from '@mobyclaw/protocol/memory-review';
import { replaceLine } from '../facts/replace-line.ts';
import { isSoftened } from '../facts/warning.ts';
import { linesOf, sectionsOf } from '../markdown.ts';
import { MEMORY } from '../memory-file.ts';
import { appendToSection } from '../section-append.ts';
import { lineKey, plainLine } from '../sources/line-key.ts';

const MOST_GONE = 10; // lines in one night: more is a model that has lost its way

export interface AppliedSteps extends Pick<Review, 'noted' | 'joined' | 'dropped' | 'left' | 'hashes'> {
  text: string;
}

/** @param isOurs whether a line was written by a tool, and not by hand */
export function applySteps(
  before: string,
  steps: readonly ReviewStep[],
  isOurs: (line: string) => boolean,
): AppliedSteps {
  const done: AppliedSteps = { text: before, noted: [], joined: [], dropped: [], left: [] };
  let gone = 0;
  const mayGo = (line: string, instead: string): void => {
    if (gone >= MOST_GONE) throw new ToolError(`"${plainLine(line)}" stays: enough went in one night.`);
    if (!isOurs(line)) throw new ToolError(`"${plainLine(line)}" stays: it was written by hand.`);
    if (isSoftened(line, instead)) throw new ToolError(`"${plainLine(line)}" stays: it is a warning.`);
  };
  for (const step of steps) {
    try {
      if (step.do === 'add') add(done, step);
      if (step.do === 'join') gone += join(done, step, mayGo);
      if (step.do === 'drop') gone += drop(done, step, mayGo);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      done.left.push(error.message);
    }
  }
  return done;
}

function add(done: AppliedSteps, { text, section }: Extract<ReviewStep, { do: 'add' }>): void {
  const { text: after, added, present } = appendToSection(done.text, section, text);
  done.text = after;
  done.noted.push(...added.map(plainLine));
  for (const { line } of present) done.left.push(`It stands there already: ${plainLine(line)}.`);
}

function join(
  done: AppliedSteps,
  { lines, text }: Extract<ReviewStep, { do: 'join' }>,
  mayGo: (line: string, instead: string) => void,
): number {
  if (text.includes('\n')) throw new ToolError('Lines are joined into one line.');
  const keep = lines.find((line) => lineKey(line) === lineKey(text)) ?? lines[0] ?? '';
  const others = lines.filter((line) => line !== keep);
  if (lineKey(keep) !== lineKey(text)) mayGo(keep, text);
  for (const line of others) mayGo(line, text);
  let after = lineKey(keep) === lineKey(text) ? done.text : replaceLine(done.text, MEMORY, keep, text);
  if (!linesOf(after).some((line) => lineKey(line) === lineKey(text))) {
    throw new ToolError(`"${plainLine(keep)}" does not stand there.`);
  }
  for (const line of others) after = replaceLine(after, MEMORY, line, '');
  done.text = after;
  done.joined.push({ lines: lines.map(plainLine), text: plainLine(text) });
  return others.length;
}

function drop(
  done: AppliedSteps,
  { line, why }: Extract<ReviewStep, { do: 'drop' }>,
  mayGo: (line: string, instead: string) => void,
): number {
  mayGo(line, '');
  const section = sectionOf(done.text, line);
  done.text = replaceLine(done.text, MEMORY, line, '');
  done.dropped.push({ line: plainLine(line), section, why });
  return 1;
}

function sectionOf(text: string, line: string): string {
  const lines = linesOf(text);
  const at = lines.findIndex((other) => lineKey(other) === lineKey(line));
  return sectionsOf(lines).find(({ start, end }) => at >= start && at < end)?.title || 'Notes';
}
