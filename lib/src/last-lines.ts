import { stripVTControlCharacters } from 'node:util';
import { cutText } from './cut-text.ts';

/** The last lines of a stream of text, bounded in number and length; colours are dropped. */
export class LastLines {
  readonly #limit: number;
  readonly #maxChars: number;
  readonly #decoder = new TextDecoder();
  #lines: string[] = [];
  #open = '';

  constructor(limit = 20, maxChars = 2000) {
    this.#limit = limit;
    this.#maxChars = maxChars;
  }

  push(chunk: Uint8Array): void {
    const pieces = (this.#open + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#open = cutText(pieces.pop() ?? '', this.#maxChars);
    for (const piece of pieces) this.#add(piece);
  }

  clear(): void {
    this.#lines = [];
    this.#open = '';
  }

  get lines(): string[] {
    const open = clean(this.#open);
    return open === '' ? [...this.#lines] : [...this.#lines, open].slice(-this.#limit);
  }

  #add(text: string): void {
    const line = cutText(clean(text), this.#maxChars);
    if (line === '') return;
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }
}

function clean(text: string): string {
  return stripVTControlCharacters(text).trimEnd();
}
