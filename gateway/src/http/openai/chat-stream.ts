/** A turn's events as chat completion chunks, platform.openai.com/docs/api-reference/chat-streaming. */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { Usage } from '@mobyclaw/protocol/usage';
import { AnswerText } from './answer-text.ts';
import { openAiError } from './openai-error.ts';

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
  readonly #answer = new AnswerText();

  constructor(head: ChunkHead, includeUsage: boolean, write: (data: string) => void) {
    this.#head = head;
    this.#includeUsage = includeUsage;
    this.#write = write;
    this.#delta({ role: 'assistant', content: '' });
  }

  /** @returns whether the stream has ended */
  take(event: NumberedEvent): boolean {
    if (event.type === 'error') {
      this.#write(JSON.stringify(openAiError(event.data.message, event.data.code)));
      this.#write('[DONE]');
      return true;
    }
    const text = this.#answer.take(event);
    if (text !== '') this.#delta({ content: text });
    if (event.type !== 'done') return false;
    this.#chunk({ delta: {}, finish_reason: event.data.cut ? 'length' : 'stop' });
    if (this.#includeUsage) this.#send({ choices: [], usage: toChatUsage(event.data.usage) });
    this.#write('[DONE]');
    return true;
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

export function toChatUsage(usage: Usage | null): object {
  const prompt = usage?.inputTokens ?? 0;
  const completion = usage?.outputTokens ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: usage?.cachedTokens ?? 0 },
  };
}
