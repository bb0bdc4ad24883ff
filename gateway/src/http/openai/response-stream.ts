/** A turn's events as those of the Responses API, platform.openai.com/docs/api-reference/responses-streaming. */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { TurnRow } from '../../store/turn-store.ts';
import { AnswerText } from './answer-text.ts';
import {
  messageId,
  messageItem,
  type Repeated,
  type ResponseState,
  responseObject,
  textPart,
} from './response-object.ts';

const NOTHING: Omit<ResponseState, 'status'> = { text: '', usage: null, error: null };

export class ResponseStream {
  readonly #turn: Pick<TurnRow, 'id' | 'createdAt' | 'session'>;
  readonly #model: string;
  readonly #repeated: Repeated;
  readonly #write: (event: string, data: string) => void;
  readonly #answer = new AnswerText();
  #sequence = 0;
  #opened = false;
  #started = false;

  constructor(
    turn: Pick<TurnRow, 'id' | 'createdAt' | 'session'>,
    model: string,
    repeated: Repeated,
    write: (event: string, data: string) => void,
  ) {
    this.#turn = turn;
    this.#model = model;
    this.#repeated = repeated;
    this.#write = write;
    this.#state('response.created', { ...NOTHING, status: 'in_progress' });
  }

  /** @returns whether the stream has ended */
  take(event: NumberedEvent): boolean {
    if (event.type === 'queued' && event.data.position > 0)
      this.#state('response.queued', { ...NOTHING, status: 'queued' });
    if (event.type === 'started') this.#begin();
    const text = this.#answer.take(event);
    if (text !== '') this.#say(text);
    if (event.type === 'done') {
      const { cut = false, usage } = event.data;
      const status = cut ? 'incomplete' : 'completed';
      this.#close(status);
      this.#state(`response.${status}`, { status, text: this.#answer.sent, usage, error: null });
      return true;
    }
    if (event.type === 'error') {
      this.#close('incomplete');
      const stopped = event.data.code === 'cancelled' || event.data.code === 'interrupted';
      // There is no event of its own for a response that was stopped; its status says so.
      const status = stopped ? 'cancelled' : 'failed';
      this.#state('response.failed', { status, text: this.#answer.sent, usage: null, error: event.data });
      return true;
    }
    return false;
  }

  #begin(): void {
    if (this.#started) return;
    this.#started = true;
    this.#state('response.in_progress', { ...NOTHING, status: 'in_progress' });
  }

  #say(delta: string): void {
    this.#begin();
    if (!this.#opened) {
      this.#opened = true;
      this.#send('response.output_item.added', {
        output_index: 0,
        item: messageItem(this.#turn.id, null, 'in_progress'),
      });
      this.#send('response.content_part.added', { ...this.#place(), part: textPart('') });
    }
    this.#send('response.output_text.delta', { ...this.#place(), delta, logprobs: [] });
  }

  #close(status: 'completed' | 'incomplete'): void {
    if (!this.#opened) return;
    const text = this.#answer.sent;
    this.#send('response.output_text.done', { ...this.#place(), text, logprobs: [] });
    this.#send('response.content_part.done', { ...this.#place(), part: textPart(text) });
    this.#send('response.output_item.done', {
      output_index: 0,
      item: messageItem(this.#turn.id, text, status),
    });
  }

  #place(): object {
    return { item_id: messageId(this.#turn.id), output_index: 0, content_index: 0 };
  }

  #state(type: string, state: ResponseState): void {
    this.#send(type, { response: responseObject(this.#turn, this.#model, state, this.#repeated) });
  }

  #send(type: string, data: object): void {
    this.#write(type, JSON.stringify({ type, sequence_number: this.#sequence++, ...data }));
  }
}
