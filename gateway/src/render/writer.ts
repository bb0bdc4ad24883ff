/**
 * Collects runs of styled text line by line: keeps the indentation of list items, puts the asked distance between
 * blocks, and lets a line break carry the mark of the quote it is inside of, and no other.
 */
import { type Mark, type Run, sameMarks } from './styled-text.ts';

export interface Block {
  /** What every line begins with: spaces of the list items around, and `> ` of a quote inside a quote. */
  indent: string;
  quote: Mark | null;
}

export class Writer {
  readonly runs: Run[] = [];
  #breaks = 0;
  #lineStart = true;
  /** Behind the marker of a list item, whose first block goes on in the same line. */
  #afterMarker = false;
  #quote: Mark | null = null;

  /** The next text begins a line, with at least `breaks - 1` blank lines before it. Nothing at the very beginning. */
  separate(breaks: number): void {
    if (this.runs.length > 0 && !this.#afterMarker) this.#breaks = Math.max(this.#breaks, breaks);
  }

  /** Bullet or number. What follows stands behind it. */
  marker(text: string, block: Block, marks: readonly Mark[]): void {
    this.#beginLine(block);
    this.#push(text, marks);
    this.#afterMarker = true;
    this.#quote = block.quote;
  }

  /** What comes next stands in a line of its own, also behind an item without content. */
  endItem(): void {
    this.#afterMarker = false;
  }

  text(text: string, block: Block, marks: readonly Mark[]): void {
    let first = true;
    for (const line of text.split('\n')) {
      if (!first) this.#breaks += 1;
      first = false;
      if (line === '') continue;
      this.#beginLine(block);
      this.#push(line, marks);
      this.#afterMarker = false;
      this.#quote = block.quote; // now, for the line break before the next line
    }
    this.#quote = block.quote;
  }

  /** Lines of code, without indentation; never in one line with anything else. */
  lines(text: string, block: Block, marks: readonly Mark[]): void {
    this.#afterMarker = false;
    this.separate(1);
    this.#beginLine({ ...block, indent: '' });
    this.#push(text, marks);
    this.#quote = block.quote;
    this.separate(1);
  }

  #beginLine(block: Block): void {
    if (this.#breaks > 0) {
      this.#push(
        '\n'.repeat(this.#breaks),
        this.#quote !== null && this.#quote === block.quote ? [this.#quote] : [],
      );
      this.#breaks = 0;
      this.#lineStart = true;
    }
    if (this.#lineStart && block.indent !== '')
      this.#push(block.indent, block.quote === null ? [] : [block.quote]);
    this.#lineStart = false;
  }

  #push(text: string, marks: readonly Mark[]): void {
    const last = this.runs.at(-1);
    if (last !== undefined && sameMarks(last.marks, marks)) last.text += text;
    else this.runs.push({ text, marks });
  }
}
