/**
 * The questions of a turn that is shown at a terminal: each is shown when it comes, and answered by a key, or by what is
 * typed where it wants a text. Whoever answers first has answered, here or at another door; the turn's own event then ends
 * the question here.
 *
 * Keys that were on their way when the question came are not taken for an answer: they belong to what was being typed.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { visibleText } from '@mobyclaw/lib/visible-text';
import type { TurnEventData } from '@mobyclaw/protocol/events';
import type { AnswerRequest, Question } from '@mobyclaw/protocol/question';
import { CliError } from '../cli-error.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { GatewayError } from '../gateway-error.ts';
import { KeyReader } from './key-reader.ts';
import { answerQuestion, getQuestion } from './question-requests.ts';
import { isPlace, questionText, waysToAnswer } from './question-view.ts';

/** How long nothing is typed before keys count, in milliseconds. */
const QUIET_MS = 400;

/** Where keys come from. */
export interface Keys {
  /**
   * Hands what is typed to `take` from now on; what that returns goes where it went before.
   * @returns ends that
   */
  capture(take: (text: string) => string): () => void;
}

export interface TerminalQuestionsOptions {
  gateway: GatewayClient;
  clock: Clock;
  /** Null where nobody types here: it is said how to answer elsewhere. */
  keys: Keys | null;
  /** Shows something that is not part of the answer, on a line of its own. */
  show: (text: string) => void;
  /** Writes where the cursor stands. */
  echo: (text: string) => void;
}

export class TerminalQuestions {
  readonly #options: TerminalQuestionsOptions;
  readonly #waiting: Question[] = [];
  #current: Question | null = null;
  #reader: KeyReader | null = null;
  #release: (() => void) | null = null;
  #reason: string | undefined;
  #readsReason = false;
  #quietFrom = 0;
  #closed = false;

  constructor(options: TerminalQuestionsOptions) {
    this.#options = options;
  }

  /** A turn event. What has become of a question the display says. */
  async seen({ id, state }: TurnEventData['question']): Promise<void> {
    if (state !== 'open') return this.#forget(id);
    if (this.#current?.id === id || this.#waiting.some((one) => one.id === id)) return;
    try {
      const question = await getQuestion(this.#options.gateway, id);
      if (question.state !== 'open' || this.#closed) return;
      this.#waiting.push(question);
      if (this.#current === null) this.#next();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      this.#options.show(`Moby has a question that could not be fetched: ${error.message}`);
    }
  }

  /** The turn has ended, or is left. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#end();
  }

  #forget(id: string): void {
    const at = this.#waiting.findIndex((one) => one.id === id);
    if (at !== -1) this.#waiting.splice(at, 1);
    if (this.#current?.id !== id) return;
    this.#end();
    this.#next();
  }

  #end(): void {
    this.#release?.();
    this.#release = null;
    this.#reader = null;
    this.#current = null;
  }

  #next(): void {
    const question = this.#waiting.shift();
    if (!question || this.#closed) return;
    const { keys, show, echo, clock } = this.#options;
    this.#current = question;
    this.#reason = undefined;
    if (keys === null) {
      const also = question.chat === null ? '' : `, and has asked in ${visibleText(question.chat)}, too`;
      show(`${questionText(question)}\n\nMoby waits for you${also}. ${waysToAnswer(question)}`);
      return;
    }
    show(questionText(question));
    this.#reader = new KeyReader({
      onKey: (key) => this.#key(question, key),
      onLine: (line) => this.#line(question, line),
      echo,
    });
    this.#quietFrom = clock.now() + QUIET_MS;
    this.#release = keys.capture((text) => this.#take(text));
    this.#ask(question);
  }

  /** @returns what is not meant for the question */
  #take(text: string): string {
    if (text.includes('\u0003')) return text; // Ctrl-C means the turn
    const now = this.#options.clock.now();
    if (now < this.#quietFrom) {
      this.#quietFrom = now + QUIET_MS;
      return text;
    }
    this.#reader?.feed(text);
    return '';
  }

  /** Says what can be typed, and waits for it. */
  #ask(question: Question): void {
    const { show, echo } = this.#options;
    const keys = keysOf(question);
    if (question.input === null) {
      const choices = [...keys].map(([key, { label }]) => `[${key}] ${label}`);
      const also = this.#reason === undefined ? '   [r] give a reason first' : '';
      show(`${choices.join('   ')}${also}`);
      this.#reader?.readKeys();
      return;
    }
    const ways = question.options.map(({ id, label }) => `/${id}: ${label}`);
    const hidden = question.input.secret === true;
    show(`Type the answer, then Enter${hidden ? ' (it is not shown)' : ''}. ${ways.join('   ')}`.trim());
    echo('› ');
    this.#reader?.readLine({ hidden });
  }

  #key(question: Question, key: string): void {
    const pressed = key.toLowerCase();
    const option = keysOf(question).get(pressed);
    if (option) {
      void this.#answer(question, { option: option.id });
    } else if (pressed === 'r' && this.#reason === undefined) {
      this.#readsReason = true;
      this.#options.echo('Reason, which Moby is told: ');
      this.#reader?.readLine({ hidden: false });
    }
  }

  #line(question: Question, line: string): void {
    if (this.#readsReason) {
      this.#readsReason = false;
      this.#reason = line.trim() === '' ? undefined : line.trim();
      this.#ask(question);
      return;
    }
    const way = question.options.find(({ id }) => line.trim() === `/${id}`);
    if (way) void this.#answer(question, { option: way.id });
    else if (line === '') this.#ask(question);
    else void this.#answer(question, { value: line });
  }

  /** The question ends here when the turn's event says that it is settled; until then another answer may be tried. */
  async #answer(question: Question, answer: AnswerRequest): Promise<void> {
    const { gateway, show } = this.#options;
    try {
      const reason = this.#reason === undefined ? {} : { reason: this.#reason };
      await answerQuestion(gateway, question.id, { ...answer, ...reason });
      this.#forget(question.id);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (this.#current?.id !== question.id) return;
      show(error.message);
      if (error instanceof GatewayError && (error.status === 409 || error.status === 404)) {
        this.#forget(question.id);
      } else {
        this.#ask(question);
      }
    }
  }
}

/** The first letter of each choice that no other has, and the place of one that is known by it. */
function keysOf({ options }: Question): Map<string, Question['options'][number]> {
  const keys = new Map<string, Question['options'][number]>();
  for (const option of options) {
    const letters = isPlace(option.id) ? [String(Number(option.id) + 1)] : [...option.id.toLowerCase()];
    const key = letters.find((letter) => letter !== 'r' && !keys.has(letter));
    if (key !== undefined) keys.set(key, option);
  }
  return keys;
}
