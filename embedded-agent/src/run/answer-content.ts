/**
 * What the model said in one call, in the form in which the next call of the run gives it back to its provider. What the
 * provider attached goes with it: Anthropic, OpenAI and Google sign what was thought, and want it back as it was.
 */
import type { LanguageModelV4Message, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { promptArguments } from './call-arguments.ts';

type Content = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];
type TextPart = Extract<Content[number], { type: 'text' | 'reasoning' }>;

export class AnswerContent {
  readonly #content: Content = [];
  /** Texts and thoughts that still grow, by kind and id. */
  readonly #open = new Map<string, TextPart>();

  add(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case 'text-start':
      case 'text-delta':
      case 'text-end':
        this.#grow('text', part);
        return;
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#grow('reasoning', part);
        return;
      case 'tool-call': {
        const { toolCallId, toolName, input, providerMetadata } = part;
        const attached = providerMetadata ? { providerOptions: providerMetadata } : {};
        this.#content.push({
          type: 'tool-call',
          toolCallId,
          toolName,
          input: promptArguments(input),
          ...attached,
        });
        return;
      }
      case 'file':
      case 'reasoning-file':
      case 'custom': {
        const { providerMetadata, ...file } = part;
        this.#content.push({ ...file, ...(providerMetadata ? { providerOptions: providerMetadata } : {}) });
        return;
      }
      default:
        return;
    }
  }

  /** Whether it holds this call; one that broke off in its arguments it does not. */
  hasCall(id: string | undefined): boolean {
    return this.#content.some((part) => part.type === 'tool-call' && part.toolCallId === id);
  }

  get message(): LanguageModelV4Message {
    const content = this.#content.filter(
      (part) => part.type !== 'text' || part.text !== '' || part.providerOptions !== undefined,
    );
    return { role: 'assistant', content };
  }

  #grow(
    type: TextPart['type'],
    piece: { type: string; id: string; delta?: string; providerMetadata?: TextPart['providerOptions'] },
  ): void {
    const key = `${type} ${piece.id}`;
    const part: TextPart = this.#open.get(key) ?? { type, text: '' };
    if (!this.#open.has(key)) {
      this.#open.set(key, part);
      this.#content.push(part);
    }
    if (piece.delta !== undefined) part.text += piece.delta;
    if (piece.providerMetadata) part.providerOptions = piece.providerMetadata;
    if (piece.type.endsWith('-end')) this.#open.delete(key); // a provider may use its id again
  }
}
