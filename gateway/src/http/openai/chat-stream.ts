/**
 * A turn's events as chat completion chunks. These chunks can only add text, while a turn may replace what it has said
 * (a second attempt after a crash). So after a `replace` nothing is sent until the new text has caught up with what the
 * client has seen; if it never does, the new answer follows whole, under a line that says so.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { Usage } from '@mobyclaw/protocol/usage';
import { OVER_BUDGET } from '../../unasked/ports.ts';

export interface ChunkHead {
  id: string;
  /** Seconds since the epoch. */
  created: number;
  model: string;
}

export class ChatStream {
  readonly #head: ChunkHead;
  readonly #includeUsage: boolean;
  readonly #write: (data: string) => void;
  /** What the client has seen of the answer. */
  #sent = '';
  /** The answer so far. */
  #text = '';

  constructor(head: ChunkHead, includeUsage: boolean, write: (data: string) => void) {
    this.#head = head;
    this.#includeUsage = includeUsage;
    this.#write = write;
    this.#delta({ role: 'assistant', content: '' });
  }

  /** @returns whether the stream has ended */
  take(event: NumberedEvent): boolean {
    switch (event.type) {
      case 'token':
        this.#text += event.data.text;
        this.#catchUp();
        return false;
      case 'replace':
        this.#text = event.data.text;
        this.#catchUp();
        return false;
      case 'done':
        this.#text = event.data.text;
        this.#catchUp();
        if (this.#sent !== this.#text) this.#say(`\n\n(The answer was begun again:)\n\n${this.#text}`);
        this.#chunk({ delta: {}, finish_reason: event.data.cut ? 'length' : 'stop' });
        if (this.#includeUsage) this.#send({ choices: [], usage: toOpenAiUsage(event.data.usage) });
        this.#write('[DONE]');
        return true;
      case 'error':
        this.#write(JSON.stringify(openAiError(event.data.message, event.data.code)));
        this.#write('[DONE]');
        return true;
      default:
        return false;
    }
  }

  #catchUp(): void {
    if (this.#text.length <= this.#sent.length || !this.#text.startsWith(this.#sent)) return;
    const rest = this.#text.slice(this.#sent.length);
    this.#sent = this.#text;
    this.#say(rest);
  }

  #say(content: string): void {
    this.#delta({ content });
  }

  #delta(delta: object): void {
    this.#chunk({ delta, finish_reason: null });
  }

  #chunk(choice: { delta: object; finish_reason: 'stop' | 'length' | null }): void {
    this.#send({ choices: [{ index: 0, logprobs: null, ...choice }] });
  }

  #send(body: object): void {
    this.#write(JSON.stringify({ ...this.#head, object: 'chat.completion.chunk', ...body }));
  }
}

export function toOpenAiUsage(usage: Usage | null): object {
  const prompt = usage?.inputTokens ?? 0;
  const completion = usage?.outputTokens ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: usage?.cachedTokens ?? 0 },
  };
}

/** OpenAI names a budget that is used up `insufficient_quota`, in both places where clients look. */
export function openAiError(message: string, code: string, type = 'api_error'): object {
  if (code === OVER_BUDGET) {
    return { error: { message, type: 'insufficient_quota', param: null, code: 'insufficient_quota' } };
  }
  return { error: { message, type, param: null, code } };
}
