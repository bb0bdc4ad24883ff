/**
 * Brings an answer to stdout exactly once. The gateway may take text back (`replace`) when the agent tried again, and
 * what was written cannot be unwritten, so:
 * - a pipe gets the final text alone, at the end;
 * - a terminal gets the text as it comes. When text is taken back, nothing happens as long as the new text agrees with
 *   what is on the screen, which is the usual case; only where it differs the answer is written again on a fresh line,
 *   with a note on stderr.
 */
import { printable, say, styled, type Terminal } from './terminal.ts';

export class AnswerWriter {
  readonly #terminal: Terminal;
  readonly #live: boolean;
  /** What stdout shows of the present answer. */
  #shown = '';
  /** What the answer is so far. */
  #text = '';
  /** Whether the cursor stands behind text of the answer. */
  #inLine = false;

  constructor(terminal: Terminal, live: boolean = terminal.stdout.isTTY === true) {
    this.#terminal = terminal;
    this.#live = live;
  }

  get text(): string {
    return this.#text;
  }

  append(text: string): void {
    this.#text += text;
    if (this.#live) this.#catchUp();
  }

  replace(text: string): void {
    this.#text = text;
    if (this.#live) this.#catchUp();
  }

  /** Ends the line that is being written, so that something else can be said. The answer goes on after it. */
  breakLine(): void {
    if (!this.#inLine || !this.#terminal.stderr.isTTY) return;
    this.#terminal.stderr.write('\n');
    this.#inLine = false;
  }

  /** @param text the whole answer, as the gateway keeps it */
  finish(text: string): void {
    this.#text = text;
    if (!this.#live) {
      if (text !== '') this.#terminal.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
      return;
    }
    this.#catchUp();
    if (this.#shown !== this.#text) this.#startOver(); // more is on the screen than the answer has
    this.#endLine();
  }

  /** The turn failed. What there is of an answer is marked as such and is no output for a pipe. */
  fail(partial: string): void {
    if (partial === '') {
      this.#endLine();
      return;
    }
    if (this.#live) {
      this.#text = partial;
      this.#catchUp();
      this.#endLine();
    } else {
      say(this.#terminal, partial);
    }
    say(this.#terminal, styled(this.#terminal, 'stderr', 'dim', '(the answer is incomplete)'));
  }

  #catchUp(): void {
    if (this.#text.startsWith(this.#shown)) {
      this.#write(this.#text.slice(this.#shown.length));
    } else if (!this.#shown.startsWith(this.#text)) {
      this.#startOver();
    }
  }

  #startOver(): void {
    this.#endLine();
    say(this.#terminal, styled(this.#terminal, 'stderr', 'dim', '(Moby started his answer over)'));
    this.#shown = '';
    this.#write(this.#text);
  }

  #write(text: string): void {
    if (text === '') return;
    this.#terminal.stdout.write(printable(text));
    this.#shown = this.#text;
    this.#inLine = !text.endsWith('\n');
  }

  #endLine(): void {
    if (this.#inLine) this.#terminal.stdout.write('\n');
    this.#inLine = false;
  }
}
