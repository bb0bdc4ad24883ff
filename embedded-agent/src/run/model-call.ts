/**
 * Calls of the model in one run. What streams by becomes events and a stored message, so that a message is stored and
 * announced before any of its tools starts.
 */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { Clock } from '@mobyclaw/lib/clock';
import { wellFormed } from '@mobyclaw/lib/cut-text';
import type { TokenUsage, ToolCall, ToolDefinition } from '@mobyclaw/protocol/cagent';
import { RELAY_CAPABILITY } from '@mobyclaw/protocol/identity';
import type { RunModel } from '../model/create-model.ts';
import { ReasoningParts } from '../model/reasoning-stream.ts';
import { picturesAfterTools } from '../model/tool-pictures.ts';
import { AnswerContent } from './answer-content.ts';
import { TruncatedStreamError } from './error-text.ts';
import type { AssistantDraft, MessageWriter } from './message-writer.ts';
import { withRetries } from './retry.ts';
import type { Emit } from './run-events.ts';
import { SilenceGuard } from './silence.ts';

export interface ModelCallsOptions {
  emit: Emit;
  writer: MessageWriter;
  clock: Clock;
  /** Of the run. */
  signal: AbortSignal;
  /** Of the turn: by it the relay knows whose calls these are. */
  capability: string | undefined;
  definitionOf(tool: string): ToolDefinition;
  onUsage(inputTokens: number, outputTokens: number): void;
}

export interface ModelQuestion
  extends Pick<LanguageModelV4CallOptions, 'prompt' | 'tools' | 'responseFormat'> {
  model: RunModel;
  /** How often a call that failed before its first word is tried again. */
  maxRetries: number;
  /** Whether another model goes on where this one fails. */
  nextWaits: boolean;
}

export interface Answer {
  /** As the next call of this run gives it back. */
  message: LanguageModelV4Message;
  /** Those that are whole. */
  calls: readonly ToolCall[];
  finish: LanguageModelV4FinishReason['unified'];
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
  /** Calls of the message that streams, by id. */
  readonly #calls = new Map<string, ToolCall>();

  constructor(options: ModelCallsOptions) {
    this.#options = options;
  }

  /** @throws what the provider answered instead, also in the middle of an answer; what came by then is kept */
  async ask({ prompt, tools, responseFormat, model, maxRetries, nextWaits }: ModelQuestion): Promise<Answer> {
    const { clock, signal, capability } = this.#options;
    const { runnable } = model;
    const silence = new SilenceGuard(clock, signal);
    // Whatever a session holds, also one that an older version stored: half of an emoji anywhere spoils the request.
    const request: LanguageModelV4CallOptions = {
      ...runnable.settings,
      providerOptions: runnable.providerOptions,
      ...(runnable.isRelayed && capability !== undefined
        ? { headers: { [RELAY_CAPABILITY]: capability } }
        : {}),
      prompt: wellFormed(runnable.takesToolPictures ? prompt : picturesAfterTools(prompt)),
      ...(responseFormat ? { responseFormat } : {}),
      ...(tools?.length ? { tools, toolChoice: { type: 'auto' } } : {}),
    };
    try {
      const ask = async () => runnable.model.doStream({ ...request, abortSignal: silence.signal });
      const { stream } = await withRetries(ask, {
        maxRetries,
        clock,
        signal: silence.signal,
        nextWaits,
      });
      return await this.#read(stream, silence, model);
    } finally {
      silence.close();
    }
  }

  /** To be called when the run ends, however it ends. */
  close(): void {
    this.#draft?.flush();
    this.#draft = null;
  }

  async #read(
    stream: ReadableStream<LanguageModelV4StreamPart>,
    silence: SilenceGuard,
    model: RunModel,
  ): Promise<Answer> {
    this.#draft?.restart(); // there is one where another model broke off
    this.#draft ??= this.#options.writer.draft();
    this.#calls.clear();
    const content = new AnswerContent();
    const reasoning = new ReasoningParts();
    let failure: { error: unknown } | null = null;
    const reader = stream.getReader();
    const cancel = (): void => void reader.cancel(silence.signal.reason).catch(() => undefined); // it may be broken
    silence.signal.addEventListener('abort', cancel, { once: true });
    try {
      for (;;) {
        const { done, value } = await reader.read();
        silence.signal.throwIfAborted();
        if (failure && (done || value.type === 'finish')) throw (failure as { error: unknown }).error;
        if (done) throw new TruncatedStreamError('the stream ended early');
        if (value.type === 'finish') return this.#finish(value, content, model);
        if (value.type === 'error') failure ??= { error: value.error };
        if (isHeard(value)) silence.heard();
        for (const part of reasoning.of(value)) {
          content.add(part);
          this.#observe(part);
        }
      }
    } finally {
      silence.signal.removeEventListener('abort', cancel);
      cancel();
    }
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
      tool_call: { ...call, function: { ...call.function } },
      tool_definition: definition,
    });
  }

  #finish(
    { finishReason, usage }: Extract<LanguageModelV4StreamPart, { type: 'finish' }>,
    content: AnswerContent,
    { resolved, runnable }: RunModel,
  ): Answer {
    // Such a finish is made up by the provider package where the stream just ends.
    const { unified: finish, raw } = finishReason;
    if (finish === 'other' && raw === undefined) throw new TruncatedStreamError('the stream ended early');
    const { emit, onUsage } = this.#options;
    // With its provider, as newer cagents name it: only so can a price be that of one provider.
    const { lastMessage, ...totals } = toTokenUsage(
      usage,
      `${resolved.provider}/${resolved.model}`,
      runnable.contextLimit,
    );
    const stored = { ...lastMessage };
    delete stored.Cost;
    delete stored.Model;
    const calls = [...this.#calls.values()];
    const added = this.#draft?.finish(calls, stored, resolved.model) ?? false;
    this.#draft = null;
    if (added) emit({ type: 'message_added' });
    onUsage(totals.input_tokens, totals.output_tokens);
    emit({ type: 'token_usage', usage: { ...totals, ...(added ? { last_message: lastMessage } : {}) } });
    return { message: content.message, calls: calls.filter(({ id }) => content.hasCall(id)), finish };
  }
}

/** Whether the model said something: a connection can be kept alive for ever without a word. */
function isHeard(part: LanguageModelV4StreamPart): boolean {
  return part.type === 'tool-call' || ('delta' in part && part.delta !== '');
}

function toTokenUsage(usage: LanguageModelV4Usage, model: string, contextLimit: number) {
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
    context_limit: contextLimit,
    cost: 0,
    lastMessage,
  };
}
