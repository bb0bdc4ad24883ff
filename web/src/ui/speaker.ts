/**
 * Says a text that grows to a screen reader: whole sentences, once each, since single tokens would be noise. What is said goes
 * into the page's one live region.
 */
import { signal } from '@preact/signals';

/** What the live region holds. */
export const spoken = signal('');

const SENTENCE_END = /[.!?…。！？](?=\s)|\n/g;

export class SentenceReader {
  #said = 0;

  /** @returns the sentences that are whole and were not returned before; '' where there are none */
  read(text: string, isWhole: boolean): string {
    if (text.length < this.#said) this.#said = 0; // it began anew
    let end = this.#said;
    for (const match of text.slice(this.#said).matchAll(SENTENCE_END))
      end = this.#said + match.index + match[0].length;
    if (isWhole) end = text.length;
    const sentences = text.slice(this.#said, end);
    this.#said = end;
    return plain(sentences);
  }
}

/** Without the signs of Markdown, which would be read out. */
function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`#>|~]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
