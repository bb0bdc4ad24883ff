/**
 * The text of a run as it is streamed: assistant messages joined by a blank line.
 *
 * The agent retries a provider that breaks in mid-answer, and the text then starts over with no event in between. What
 * such a retry looks like from here is a pause within one message, or reasoning after its text. These places are
 * remembered: where there is one, the stored session has the last word, and a text that cannot be compared is folded.
 */
export const MESSAGE_SEPARATOR = '\n\n';
/** Two beginnings count as the same answer begun twice when they share this many characters, or all of the shorter. */
const SAME_BEGINNING_CHARS = 12;

export class AnswerText {
  /** What was streamed, separators included. */
  streamed = '';
  /** Whether a silent retry may have happened. */
  retrySuspected = false;
  readonly #messages: string[][] = [];
  #atBoundary = true;

  /** Whether the message that is being written has text already. */
  get inMessage(): boolean {
    return !this.#atBoundary;
  }

  /** @returns what to show: the text, with the separator before it where a new message begins */
  append(text: string): string {
    if (text === '') return '';
    let shown = text;
    if (this.#atBoundary) {
      if (this.#messages.length > 0) shown = MESSAGE_SEPARATOR + text;
      this.#messages.push(['']);
      this.#atBoundary = false;
    }
    const parts = this.#messages.at(-1) ?? [];
    parts[parts.length - 1] += text;
    this.streamed += shown;
    return shown;
  }

  /** The message was stored; further text belongs to the next one. */
  endMessage(): void {
    this.#atBoundary = true;
  }

  /** From here on the answer may have started over. */
  suspectRetry(): void {
    this.retrySuspected = true;
    const parts = this.#messages.at(-1);
    if (!this.#atBoundary && parts && parts.at(-1) !== '') parts.push('');
  }

  /** The text with repeated beginnings taken once, for runs whose stored session cannot tell. */
  folded(): string {
    if (!this.retrySuspected) return this.streamed;
    return this.#messages.map(fold).join(MESSAGE_SEPARATOR);
  }
}

function fold(parts: readonly string[]): string {
  let text = '';
  let attemptStart = '';
  for (const part of parts) {
    if (attemptStart !== '' && sameBeginning(attemptStart, part)) text = part;
    else text += part;
    if (attemptStart === '' || text === part) attemptStart = text;
  }
  return text;
}

function sameBeginning(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length, SAME_BEGINNING_CHARS);
  return length > 0 && a.slice(0, length) === b.slice(0, length);
}
