/**
 * The owner in the kill test: sees each question as it is asked, across any number of breaks, and answers it. Now and then he
 * answers twice at once, as from two doors; presses again after the end; or does not answer at all. He writes down which of his
 * answers were taken.
 */
import type { Question } from '@mobyclaw/protocol/question';
import type { Address, Moment } from './client.ts';
import { CutOffError, readEvents, send, sendForJson } from './http.ts';
import type { Random } from './random.ts';

const RETRY_MS = 15;
const LONGEST_THOUGHT_MS = 40;

export interface TakenAnswer {
  question: string;
  option: string | undefined;
}

export class Owner {
  /** Answers to which the gateway said that they count. */
  readonly taken: TakenAnswer[] = [];
  /** Questions that he leaves to their end. */
  readonly ignored = new Set<string>();
  readonly complaints: string[] = [];
  readonly #address: Address;
  readonly #random: Random;
  readonly #onMoment: (moment: Moment) => void;
  readonly #seen = new Set<string>();
  readonly #answering = new Set<Promise<void>>();

  constructor(address: Address, random: Random, onMoment: (moment: Moment) => void) {
    this.#address = address;
    this.#random = random;
    this.#onMoment = onMoment;
  }

  /** Follows questions until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!(error instanceof CutOffError)) throw error;
      }
      await sleep(RETRY_MS);
    }
    await Promise.all(this.#answering);
  }

  /** Begins anew with what waits each time, so that nothing depends on what an earlier stream has shown. */
  async #follow(signal: AbortSignal): Promise<void> {
    const response = await send({ ...this.#address, method: 'GET', path: '/api/questions/events' });
    if (response.statusCode !== 200) return void response.resume();
    const leave = (): void => void response.destroy();
    signal.addEventListener('abort', leave, { once: true });
    for await (const event of readEvents(response)) {
      if (event.type !== 'question') continue;
      const question = event.data as unknown as Question;
      if (question.state !== 'open' || this.#seen.has(question.id)) continue;
      this.#seen.add(question.id);
      this.#onMoment('asked');
      const answering = this.#decide(question, signal);
      this.#answering.add(answering);
      void answering.finally(() => this.#answering.delete(answering));
    }
    signal.removeEventListener('abort', leave);
  }

  async #decide(question: Question, signal: AbortSignal): Promise<void> {
    const random = this.#random;
    if (question.kind !== 'rounds' && random.chance(0.02)) {
      this.ignored.add(question.id);
      return;
    }
    await sleep(random.between(0, LONGEST_THOUGHT_MS));
    const doors = random.chance(0.2) ? 2 : 1;
    const again = random.chance(0.1);
    await Promise.all(Array.from({ length: doors }, () => this.#answer(question, signal)));
    if (again) await this.#answer(question, signal);
  }

  async #answer(question: Question, signal: AbortSignal): Promise<void> {
    const body = this.#choose(question);
    while (!signal.aborted) {
      try {
        this.#onMoment('answering');
        const path = `/api/questions/${question.id}/answer`;
        const { status, body: told } = await sendForJson({ ...this.#address, method: 'POST', path, body });
        if (status === 200) {
          this.taken.push({ question: question.id, option: body.option });
          this.#onMoment('answered');
        } else if (status !== 409) {
          this.complaints.push(`answer to ${question.id}: ${status} ${JSON.stringify(told)}`);
        }
        return;
      } catch (error) {
        if (!(error instanceof CutOffError)) throw error;
        await sleep(RETRY_MS); // whether it was taken is not known: the next try tells
      }
    }
  }

  #choose({ kind, options, input }: Question): { option?: string; value?: string } {
    if (kind === 'rounds') return { option: 'more' }; // else the answer would not be the one that is expected
    if (input !== null) return { value: 'blue' };
    return { option: this.#random.pick(options).id };
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
