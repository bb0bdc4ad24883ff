/**
 * Makes a pasted text one input line. A terminal in bracketed-paste mode puts ESC[200~ and ESC[201~ around what is
 * pasted (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html); line breaks and tabs in there would end the line or
 * start a completion, so the line editor is given visible signs in their place, and `unescapePaste` turns them back.
 */

import { Transform, type TransformCallback } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export const PASTE_ON = '\u001b[?2004h';
export const PASTE_OFF = '\u001b[?2004l';
const BEGIN = '\u001b[200~';
const END = '\u001b[201~';
const LINE_SIGN = '⏎';
const TAB_SIGN = '⇥';

interface RawInput {
  setRawMode?(mode: boolean): unknown;
}

export class PasteFilter extends Transform {
  readonly #input: RawInput;
  readonly #decoder = new StringDecoder('utf8');
  /** Takes keys away for the time of a question. @returns what goes on to the line editor */
  tap: ((text: string) => string) | null = null;
  #pasting = false;
  #held = '';

  /** @param input the terminal, whose raw mode the line editor switches through this stream */
  constructor(input: RawInput) {
    super();
    this.#input = input;
  }

  setRawMode(mode: boolean): this {
    this.#input.setRawMode?.(mode);
    return this;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let text = this.#held + this.#decoder.write(chunk);
    this.#held = '';
    let out = '';
    for (;;) {
      const marker = this.#pasting ? END : BEGIN;
      const at = text.indexOf(marker);
      if (at === -1) break;
      out += this.#pass(text.slice(0, at));
      text = text.slice(at + marker.length);
      this.#pasting = !this.#pasting;
    }
    const cut = this.#cutMarker(text);
    this.#held = text.slice(text.length - cut);
    out += this.#pass(text.slice(0, text.length - cut));
    done(null, this.tap === null || out === '' ? out : this.tap(out));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#pass(this.#held + this.#decoder.end()));
  }

  /** Length of a marker's beginning at the end of `text`. Outside a paste a lone ESC or ESC[ is a key and not held back. */
  #cutMarker(text: string): number {
    const marker = this.#pasting ? END : BEGIN;
    const least = this.#pasting ? 1 : 3;
    for (let length = marker.length - 1; length >= least; length--) {
      if (text.endsWith(marker.slice(0, length))) return length;
    }
    return 0;
  }

  #pass(text: string): string {
    return this.#pasting ? escapePaste(text) : text;
  }
}

function escapePaste(text: string): string {
  return (
    text
      .replaceAll(/\r\n?|\n/g, LINE_SIGN)
      .replaceAll('\t', TAB_SIGN)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a paste must not press keys
      .replaceAll(/[\u0000-\u001f\u007f]/g, '')
  );
}

export function unescapePaste(line: string): string {
  return line.replaceAll(LINE_SIGN, '\n').replaceAll(TAB_SIGN, '\t');
}
