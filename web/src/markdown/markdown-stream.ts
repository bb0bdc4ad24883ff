/**
 * Markdown that comes in pieces: what was written is never parsed again. Where a text is not what was shown and more (it was
 * replaced), it begins anew. Knows no DOM; a renderer of streaming-markdown makes nodes of what is found.
 */
import * as smd from 'streaming-markdown';
import { Literals } from './literals.ts';

export class MarkdownStream {
  readonly #begin: () => smd.Any_Renderer;
  #parser: smd.Parser | null = null;
  #literals = new Literals();
  #written = '';
  #ended = false;

  /** @param begin takes away what is shown and gives a renderer for the text from its start */
  constructor(begin: () => smd.Any_Renderer) {
    this.#begin = begin;
  }

  /** Shows a text of which what was shown before is usually the beginning; where it is not, begins anew. */
  show(text: string, isWhole: boolean): void {
    if (this.#ended && text === this.#written) return;
    if (this.#parser === null || this.#ended || !text.startsWith(this.#written)) {
      this.#parser = smd.parser(this.#begin());
      this.#literals = new Literals();
      this.#written = '';
      this.#ended = false;
    }
    smd.parser_write(this.#parser, this.#literals.next(text.slice(this.#written.length), isWhole));
    this.#written = text;
    if (isWhole) {
      smd.parser_end(this.#parser);
      // It leaves open what the end of the text ends.
      const { renderer, len } = this.#parser;
      for (let open = len; open > 0; open--) renderer.end_token(renderer.data);
      this.#ended = true;
    }
  }
}
