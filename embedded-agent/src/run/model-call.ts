/**
 * Listens to one call of the model between provider and AI SDK: what streams by becomes events and a stored message.
 * At this place the order is certain: the message is stored and announced before the SDK starts the first tool.
 */
import type {
  LanguageModelV4Middleware,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { wellFormed } from '@mobyclaw/lib/cut-text';
import type { TokenUsage, ToolCall, ToolDefinition } from '@mobyclaw/protocol/cagent';
import { ReasoningParts } from '../model/reasoning-stream.ts';
import { picturesAfterTools } from '../model/tool-pictures.ts';
import { TruncatedStreamError } from './error-text.ts';
import type { AssistantDraft, MessageWriter } from './message-writer.ts';
import type { Emit } from './run-events.ts';

export interface ModelCallsOptions {
  emit: Emit;
  writer: MessageWriter;
  model: { provider: string; model: string };
  definitionOf(tool: string): ToolDefinition;
  /** Of the provider. */
  takesToolPictures: boolean;
  onUsage(inputTokens: number, outputTokens: number): void;
}

/** What cagent sends where the model calls a tool that does not exist. */
export const UNKNOWN_TOOL: ToolDefinition = {
  name: '',
  category: '',
  parameters: null,
  annotations: {},
  outputSchema: null,
};

export class ModelCalls {
  readonly #options: ModelCallsOptions;
  #draft: AssistantDraft | null = null;
  #failed = false;
  #cutAtLimit = false;
  /** Calls of the message that streams, by id. */
  readonly #calls = new Map<string, ToolCall>();

  constructor(options: ModelCallsOptions) {
    this.#options = options;
  }

  get middleware(): LanguageModelV4Middleware {
    const { takesToolPictures } = this.#options;
    return {
      specificationVersion: 'v4',
      // Whatever a session holds, also one that an older version stored: half of an emoji anywhere spoils the request.
      transformParams: async ({ params: { prompt, ...rest } }) =>
        wellFormed({ ...rest, prompt: takesToolPictures ? prompt : picturesAfterTools(prompt) }),
      wrapStream: async ({ doStream }) => {
        const { stream, ...rest } = await doStream();
        this.#begin();
        const reasoning = new ReasoningParts();
        const listener = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
          transform: (received, controller) => {
            for (const part of reasoning.of(received)) {
              if (part.type === 'finish' && isTruncated(part)) {
                this.#failed = true;
                controller.enqueue({
                  type: 'error',
                  error: new TruncatedStreamError('the stream ended early'),
                });
                controller.enqueue({ ...part, finishReason: { unified: 'error', raw: undefined } });
              } else {
                this.#observe(part);
                controller.enqueue(part);
              }
            }
          },
        });
        return { stream: stream.pipeThrough(listener), ...rest };
      },
    };
  }

  /** The call as the model wrote it. */
  call(id: string): ToolCall | undefined {
    return this.#calls.get(id);
  }

  /** To be called when the run ends, however it ends. */
  close(): void {
    this.#draft?.flush();
    this.#draft = null;
  }

  #begin(): void {
    this.#draft?.flush();
    this.#draft = this.#options.writer.draft();
    this.#failed = false;
    this.#calls.clear();
  }

  #observe(part: LanguageModelV4StreamPart): void {
    const { emit } = this.#options;
    switch (part.type) {
      case 'text-delta':
        if (part.delta === '') return;
        this.#draft?.text(part.delta);
        emit({ type: 'agent_choice', content: part.delta });
        return;
      case 'reasoning-delta':
        if (part.delta === '') return;
        this.#draft?.reasoning(part.delta);
        emit({ type: 'agent_choice_reasoning', content: part.delta });
        return;
      case 'tool-input-start':
        this.#calls.set(part.id, { id: part.id, type: 'function', function: { name: part.toolName } });
        this.#announce(part.id);
        return;
      case 'tool-input-delta': {
        const call = this.#calls.get(part.id);
        if (!call) return;
        call.function.arguments = (call.function.arguments ?? '') + part.delta;
        this.#announce(part.id);
        return;
      }
      case 'tool-call': {
        const known = this.#calls.has(part.toolCallId);
        const fn = { name: part.toolName, arguments: part.input || '{}' };
        this.#calls.set(part.toolCallId, { id: part.toolCallId, type: 'function', function: fn });
        if (!known) this.#announce(part.toolCallId);
        return;
      }
      case 'error':
        this.#failed = true;
        return;
      case 'finish':
        this.#cutAtLimit = part.finishReason.unified === 'length';
        this.#finish(part.usage);
        return;
      default:
        return;
    }
  }

  #announce(id: string): void {
    const call = this.#calls.get(id);
    if (!call) return;
    const definition = this.#options.definitionOf(call.function.name ?? '');
    this.#options.emit({
      type: 'partial_tool_call',
      tool_call: structuredClone(call),
      tool_definition: definition,
    });
  }

  /** Whether the last answer ended because it had reached the longest that the model may give. */
  get cutAtLimit(): boolean {
    return this.#cutAtLimit;
  }

  #finish(usage: LanguageModelV4Usage): void {
    if (this.#failed) return;
    const { emit, model, onUsage } = this.#options;
    // With its provider, as newer cagents name it: only so can a price be that of one provider.
    const { lastMessage, ...totals } = toTokenUsage(usage, `${model.provider}/${model.model}`);
    const stored = { ...lastMessage };
    delete stored.Cost;
    delete stored.Model;
    const added = this.#draft?.finish([...this.#calls.values()], stored, model.model) ?? false;
    this.#draft = null;
    if (added) emit({ type: 'message_added' });
    onUsage(totals.input_tokens, totals.output_tokens);
    emit({ type: 'token_usage', usage: { ...totals, ...(added ? { last_message: lastMessage } : {}) } });
  }
}

/** Such a finish is made up by the provider package where the stream just ends. */
function isTruncated(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): boolean {
  return part.finishReason.unified === 'other' && part.finishReason.raw === undefined;
}

function toTokenUsage(usage: LanguageModelV4Usage, model: string) {
  const cached = usage.inputTokens.cacheRead ?? 0;
  const input = usage.inputTokens.total ?? 0;
  const output = usage.outputTokens.total ?? 0;
  const lastMessage: NonNullable<TokenUsage['last_message']> = {
    input_tokens: usage.inputTokens.noCache ?? Math.max(0, input - cached),
    output_tokens: output,
    cached_input_tokens: cached,
    cached_write_tokens: usage.inputTokens.cacheWrite ?? 0,
    Cost: 0,
    Model: model,
  };
  return {
    input_tokens: input,
    output_tokens: output,
    context_length: input + output,
    context_limit: 0,
    cost: 0,
    lastMessage,
  };
}
