/**
 * A text and how it is to look, the same for all platforms: runs of characters, each with its marks from the outermost
 * to the innermost. Splitting works on this and not on markup, so that a cut can never fall inside of markup: each
 * piece gets marks of its own. A mark is one object: runs with the same object belong to the same bold passage, link or
 * code block.
 */
export type Mark =
  | { kind: 'bold' | 'italic' | 'strike' | 'code' | 'quote' }
  /** Bullet or number of a list item: text that means markup on some platforms, and is never escaped. */
  | { kind: 'marker' }
  | { kind: 'heading'; depth: number }
  /** An http or https address, encoded. `bare`: the text is the address itself. */
  | { kind: 'link'; url: string; bare: boolean }
  /** Whole lines of code or a table; `language` is empty or a plain name. Its run has no other mark but a quote. */
  | { kind: 'pre'; language: string };

export interface Run {
  text: string;
  marks: readonly Mark[];
}

export function markOf<Kind extends Mark['kind']>(
  run: Run | undefined,
  kind: Kind,
): Extract<Mark, { kind: Kind }> | undefined {
  return run?.marks.find((mark): mark is Extract<Mark, { kind: Kind }> => mark.kind === kind);
}

export function sameMarks(a: readonly Mark[], b: readonly Mark[]): boolean {
  return a.length === b.length && a.every((mark, index) => mark === b[index]);
}

/** Offsets are UTF-16 code units of `text`. */
export class StyledText {
  readonly text: string;
  readonly #runs: readonly Run[];
  readonly #starts: number[] = [];

  constructor(runs: readonly Run[]) {
    this.#runs = runs;
    let length = 0;
    for (const run of runs) {
      this.#starts.push(length);
      length += run.text.length;
    }
    this.text = runs.map((run) => run.text).join('');
  }

  /** The run that holds the code unit at `offset`; undefined past the end. */
  runAt(offset: number): Run | undefined {
    return offset < 0 || offset >= this.text.length ? undefined : this.#runs[this.#indexAt(offset)];
  }

  /** Where the run that holds `offset` begins. */
  startOfRun(offset: number): number {
    return this.#starts[this.#indexAt(offset)] ?? 0;
  }

  slice(start: number, end: number): Run[] {
    const runs: Run[] = [];
    for (let index = this.#indexAt(start); index < this.#runs.length; index++) {
      const run = this.#runs[index];
      const from = this.#starts[index];
      if (run === undefined || from === undefined || from >= end) break;
      const text = run.text.slice(Math.max(0, start - from), end - from);
      if (text !== '') runs.push(text === run.text ? run : { text, marks: run.marks });
    }
    return runs;
  }

  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
