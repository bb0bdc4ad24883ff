/**
 * Keys of a terminal in raw mode, as single keys or as a line that is typed. The line is echoed here, since the terminal
 * does not; a secret is not echoed at all.
 */

export interface KeyHandlers {
  /** One key that shows a character. */
  onKey: (key: string) => void;
  /** A line, without its end. */
  onLine: (line: string) => void;
  /** Writes to the terminal. */
  echo: (text: string) => void;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: keys such as the arrows are sent so
const SEQUENCE = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?/s;

export class KeyReader {
  readonly #handlers: KeyHandlers;
  #line: string[] | null = null;
  #hidden = false;

  constructor(handlers: KeyHandlers) {
    this.#handlers = handlers;
  }

  /** From now on a line is read, instead of keys. */
  readLine({ hidden }: { hidden: boolean }): void {
    this.#line = [];
    this.#hidden = hidden;
  }

  readKeys(): void {
    this.#line = null;
  }

  /** @param text as the terminal sends it. Several characters at once are a paste, and no key */
  feed(text: string): void {
    if (this.#line === null) {
      const key = text.replace(SEQUENCE, '').replace(/[\r\n]+$/, '');
      if ([...key].length === 1 && key >= ' ' && key !== '\u007f') this.#handlers.onKey(key);
      return;
    }
    for (let rest = text; rest !== '' && this.#line !== null; ) {
      const sequence = SEQUENCE.exec(rest)?.[0];
      const piece = sequence ?? [...rest][0] ?? '';
      rest = rest.slice(piece.length);
      if (sequence === undefined) this.#type(piece, this.#line);
    }
  }

  #type(character: string, line: string[]): void {
    const { echo, onLine } = this.#handlers;
    if (character === '\r' || character === '\n') {
      this.#line = null;
      echo('\n');
      onLine(line.join(''));
    } else if (character === '\u007f' || character === '\b') {
      if (line.pop() !== undefined) this.#echo('\b \b');
    } else if (character === '\u0015') {
      this.#echo('\b \b'.repeat(line.splice(0).length));
    } else if (character >= ' ') {
      line.push(character);
      this.#echo(character);
    }
  }

  #echo(text: string): void {
    if (!this.#hidden) this.#handlers.echo(text);
  }
}
