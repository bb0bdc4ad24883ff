/**
 * Signs that are text where they stand, though the parser would take them for Markdown: the underscores of a_name, which
 * CommonMark leaves alone inside of words, and dollars, which are money or a variable more often than mathematics. They go
 * through the parser as code points that no text has, and are put back behind it.
 */
const UNDERSCORE = '\uFDD0';
const DOLLAR = '\uFDD1';
const INSIDE_WORD = /(?<=[\p{L}\p{N}])_+(?=[\p{L}\p{N}])/gu;

export class Literals {
  /** The last sign that was handed on. */
  #before = '';
  /** Underscores at the end, of which the next piece says what they are. */
  #held = '';

  /** @param isLast nothing comes after this piece @returns what the parser is to read now */
  next(piece: string, isLast: boolean): string {
    const all = this.#before + this.#held + piece;
    const end = isLast ? all.length : all.search(/_*$/);
    this.#held = all.slice(Math.max(end, this.#before.length));
    const marked = all
      .slice(0, end)
      .replace(INSIDE_WORD, (run) => UNDERSCORE.repeat(run.length))
      .slice(this.#before.length);
    // What looks back at the next piece sees the last whole sign before what is held.
    if (marked !== '') this.#before = [...all.slice(0, end)].at(-1) ?? '';
    return marked.replaceAll('$', DOLLAR);
  }
}

export function restored(text: string): string {
  return text.replaceAll(UNDERSCORE, '_').replaceAll(DOLLAR, '$');
}
