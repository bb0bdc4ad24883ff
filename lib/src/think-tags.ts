/**
 * Reasoning that a model writes into its answer: `<think>…</think>` or `<thinking>…</thinking>` at the very beginning.
 * Told apart as the text streams in, wherever its pieces are cut. Tags that come later are the answer's own words, such
 * as a lesson about HTML; what is begun and never closed is reasoning to its end.
 */
const OPENINGS = ['<think>', '<thinking>'];
const CLOSING = /<\/think(?:ing)?>/i;
const LONGEST_CLOSING = '</thinking>'.length;

export interface Thought {
  reasoning: string;
  text: string;
}

export class ThinkTags {
  #state: 'beginning' | 'thinking' | 'after' | 'answer' = 'beginning';
  #held = '';

  /** @returns what the piece adds to each; what cannot be told yet is held back */
  push(piece: string): Thought {
    const found: Thought = { reasoning: '', text: '' };
    this.#held += piece;
    while (this.#step(found));
    return found;
  }

  /** The message is over. @returns what was held back */
  end(): Thought {
    const held = this.#held;
    this.#held = '';
    const thinking = this.#state === 'thinking';
    const nothing = this.#state === 'after' || (this.#state === 'beginning' && held.trim() === '');
    this.#state = 'beginning';
    if (thinking) return { reasoning: held, text: '' };
    return { reasoning: '', text: nothing ? '' : held };
  }

  /** @returns whether there is more to do */
  #step(found: Thought): boolean {
    switch (this.#state) {
      case 'beginning':
        return this.#begin();
      case 'thinking':
        return this.#think(found);
      case 'after':
        // Blank lines part the reasoning from the answer, and are neither.
        this.#held = this.#held.trimStart();
        if (this.#held === '') return false;
        this.#state = 'beginning'; // some models think twice
        return true;
      case 'answer':
        found.text += this.#held;
        this.#held = '';
        return false;
    }
  }

  #begin(): boolean {
    const start = this.#held.trimStart().toLowerCase();
    const opening = OPENINGS.find((tag) => start.startsWith(tag));
    if (opening !== undefined) {
      this.#state = 'thinking';
      this.#held = this.#held.trimStart().slice(opening.length);
      return true;
    }
    if (OPENINGS.some((tag) => tag.startsWith(start))) return false; // also where there is white space only
    this.#state = 'answer';
    return true;
  }

  #think(found: Thought): boolean {
    const closing = CLOSING.exec(this.#held);
    if (closing) {
      found.reasoning += this.#held.slice(0, closing.index);
      this.#held = this.#held.slice(closing.index + closing[0].length);
      this.#state = 'after';
      return true;
    }
    const bracket = this.#held.lastIndexOf('<');
    const open = bracket >= 0 && this.#held.length - bracket < LONGEST_CLOSING ? bracket : this.#held.length;
    found.reasoning += this.#held.slice(0, open);
    this.#held = this.#held.slice(open);
    return false;
  }
}

/** A whole text without the reasoning at its beginning. */
export function withoutThinking(text: string): string {
  const tags = new ThinkTags();
  return tags.push(text).text + tags.end().text;
}
