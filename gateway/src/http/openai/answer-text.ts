/**
 * The text of an answer for a client to which text can only be added, while a turn may replace what it has said (a second
 * attempt after a crash). After a `replace` nothing is sent until the new text has caught up with what the client has seen;
 * if it never does, the new answer follows whole at the end, under a line that says so.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';

export class AnswerText {
  /** What the client has seen. */
  #sent = '';
  /** The answer so far. */
  #text = '';

  get sent(): string {
    return this.#sent;
  }

  /** @returns what is to be sent now; empty where it is nothing */
  take(event: NumberedEvent): string {
    if (event.type === 'token') this.#text += event.data.text;
    else if (event.type === 'replace' || event.type === 'done') this.#text = event.data.text;
    else return '';
    const rest = this.#rest(event.type === 'done');
    this.#sent += rest;
    return rest;
  }

  #rest(isLast: boolean): string {
    if (this.#text.startsWith(this.#sent)) return this.#text.slice(this.#sent.length);
    return isLast ? `\n\n(The answer was begun again:)\n\n${this.#text}` : '';
  }
}
