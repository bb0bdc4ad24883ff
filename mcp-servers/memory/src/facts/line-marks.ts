/**
 * What is to be known of a line that its words do not say: that it is past, and that another contradicts it and the owner has not
 * decided. Shown with search hits and in the published memory; MEMORY.md itself stays as it is.
 */
import { linesOf } from '../markdown.ts';
import { dayOf, type MemoryFileName } from '../memory-file.ts';
import type { Journal } from '../sources/journal.ts';
import { lineKey } from '../sources/line-key.ts';
import { Origins } from '../sources/origins.ts';
import type { Doubts } from './doubts.ts';
import { writtenOn } from './remember.ts';
import { needsYear, pastSince } from './until.ts';

export class LineMarks {
  readonly #options: { journal: Journal; doubts: Doubts; timeZone: string; today: () => string };

  constructor(options: { journal: Journal; doubts: Doubts; timeZone: string; today: () => string }) {
    this.#options = options;
  }

  /** @returns what to say of each line, by its index; most have nothing */
  async of(name: MemoryFileName, lines: readonly string[]): Promise<Map<number, string>> {
    const { journal, doubts, timeZone, today } = this.#options;
    const marks = new Map<number, string>();
    const day = dayOf(name);
    const open = (await doubts.list()).filter(({ kind, file }) => kind === 'contradiction' && file === name);
    const byKey = new Map<string, string>();
    for (const { old, is, oldOn, at } of open) {
      byKey.set(
        lineKey(old),
        `noted ${oldOn ?? 'on a day not known'}; a newer line contradicts it, the owner is being asked`,
      );
      byKey.set(lineKey(is), `noted ${at.slice(0, 10)}; contradicts an older line, the owner is being asked`);
    }
    let origins: Origins | undefined;
    for (const [index, line] of lines.entries()) {
      const needs = day === null && needsYear(line);
      if (needs) origins ??= new Origins(await journal.read());
      const said = day ?? (needs && origins ? writtenOn(origins, name, line, timeZone) : null);
      const past = pastSince(line, said, today());
      const doubt = byKey.size === 0 ? undefined : byKey.get(lineKey(line));
      const mark = past === null ? doubt : `past: it was until ${past}`;
      if (mark !== undefined) marks.set(index, mark);
    }
    return marks;
  }

  /** @returns the text with each mark behind its line; the same text where there is none */
  async marked(name: MemoryFileName, text: string): Promise<string> {
    const marks = await this.of(name, linesOf(text));
    if (marks.size === 0) return text;
    return text
      .split('\n')
      .map((line, index) => {
        const mark = marks.get(index);
        return mark === undefined
          ? line
          : `${line.replace(/\r$/, '')} [${mark}]${line.endsWith('\r') ? '\r' : ''}`;
      })
      .join('\n');
  }
}
