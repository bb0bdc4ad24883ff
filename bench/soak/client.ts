/**
 * A client as it should be: sends a prompt under one key until it is accepted, follows its events with Last-Event-ID
 * across any number of breaks, and writes down all it saw, so that it can be judged afterwards.
 */
import { endsTurn, type NumberedEvent } from '@mobyclaw/protocol/events';
import { CutOffError, readEvents, send, sendForJson } from './http.ts';
import type { Prompt } from './prompts.ts';

const RETRY_MS = 15;

/** What a client has just seen: where a kill may strike. */
export type Moment =
  | 'accept'
  | 'queued'
  | 'started'
  | 'first-token'
  | 'mid-stream'
  | 'tool'
  | 'last-token'
  | 'ended'
  /** What the owner sees and does. */
  | 'asked'
  | 'answering'
  | 'answered';

export interface Address {
  port: number;
  token: string;
}

export type Ending = { type: 'done'; text: string } | { type: 'error'; code: string };

export class Client {
  readonly prompt: Prompt;
  /** Ids of the turns that the gateway gave for this one prompt. */
  readonly turns = new Set<string>();
  readonly events: NumberedEvent[] = [];
  readonly endings: Ending[] = [];
  /** What the person sees. */
  shown = '';
  /** What was wrong from the client's side alone. */
  readonly complaints: string[] = [];
  readonly log: string[] = [];
  readonly #address: Address;
  readonly #onMoment: (moment: Moment) => void;
  #left = false;

  constructor(prompt: Prompt, address: Address, onMoment: (moment: Moment) => void) {
    this.prompt = prompt;
    this.#address = address;
    this.#onMoment = onMoment;
  }

  get ended(): boolean {
    return this.endings.length > 0;
  }

  /** @param signal gives up */
  async run(signal: AbortSignal): Promise<void> {
    while (!this.ended && !signal.aborted && this.complaints.length === 0) {
      try {
        if (this.prompt.style === 'wait') await this.#ask();
        else await this.#follow();
      } catch (error) {
        if (!(error instanceof CutOffError)) throw error;
        this.#note(error.message);
      }
      if (!this.ended) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #ask(): Promise<void> {
    this.#moment('accept');
    const { status, body } = await sendForJson({ ...this.#address, ...this.#post('/prompt') });
    this.#note(`POST /prompt: ${status}`);
    if (status === 503) return;
    if (typeof body.turn === 'string') this.turns.add(body.turn);
    if (status === 200) {
      this.shown = String(body.text);
      this.endings.push({ type: 'done', text: this.shown });
    } else if (typeof body.code === 'string') this.endings.push({ type: 'error', code: body.code });
    else this.complaints.push(`POST /prompt answered ${status}: ${JSON.stringify(body)}`);
  }

  async #follow(): Promise<void> {
    const [turn] = this.turns;
    const lastId = this.events.at(-1)?.id ?? 0;
    if (turn === undefined) this.#moment('accept');
    const response = await send(
      turn === undefined
        ? { ...this.#address, ...this.#post('/prompt/stream') }
        : {
            ...this.#address,
            method: 'GET',
            path: `/api/turns/${turn}/events`,
            headers: { 'last-event-id': String(lastId) },
          },
    );
    this.#note(`from ${lastId}: ${response.statusCode}`);
    if (response.statusCode !== 200) {
      response.resume();
      if (response.statusCode !== 503) this.complaints.push(`answered ${response.statusCode}`);
      return;
    }
    for await (const event of readEvents(response)) {
      this.#see(event);
      if (this.prompt.leaves && !this.#left && this.events.length > 6) {
        this.#left = true;
        this.#note('leaves');
        response.destroy();
        return;
      }
    }
    if (!this.ended) this.#note('the stream broke');
  }

  #see(event: NumberedEvent): void {
    const last = this.events.at(-1);
    if (last && event.id <= last.id) {
      this.complaints.push(`event ${event.id} (${event.type}) came after ${last.id}`);
    }
    if (this.ended) this.complaints.push(`event ${event.id} (${event.type}) came after the end`);
    this.events.push(event);
    switch (event.type) {
      case 'queued':
        this.turns.add(event.data.turn);
        this.#moment('queued');
        if (this.prompt.redelivers) void this.#redeliver();
        break;
      case 'started':
        this.#moment('started');
        break;
      case 'token':
        this.#moment(this.shown === '' ? 'first-token' : 'mid-stream');
        this.shown += event.data.text;
        if (this.shown === this.prompt.answer) this.#moment('last-token');
        break;
      case 'replace':
        this.shown = event.data.text;
        break;
      case 'tool':
        if (event.data.phase !== 'end') this.#moment('tool');
        break;
      case 'done':
        this.endings.push({ type: 'done', text: event.data.text });
        break;
      case 'error':
        this.endings.push({ type: 'error', code: event.data.code });
        break;
    }
    if (endsTurn(event)) this.#moment('ended');
  }

  /** The same message a second time, while the first is still worked on. */
  async #redeliver(): Promise<void> {
    try {
      const response = await send({ ...this.#address, ...this.#post('/prompt/stream') });
      for await (const event of readEvents(response)) {
        if (event.type === 'queued') this.turns.add(event.data.turn);
        response.destroy();
        return;
      }
    } catch (error) {
      if (!(error instanceof CutOffError)) throw error;
      this.#note('the redelivery was cut off');
    }
  }

  #post(path: string) {
    const { text, session, key } = this.prompt;
    const body = { prompt: text, session };
    return { method: 'POST', path, body, headers: { 'idempotency-key': key } } as const;
  }

  #moment(moment: Moment): void {
    if (moment !== 'mid-stream') this.#note(moment);
    this.#onMoment(moment);
  }

  #note(what: string): void {
    if (this.log.at(-1)?.endsWith(` ${what}`)) return; // the same try again and again
    this.log.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
  }
}
