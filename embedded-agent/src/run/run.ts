/**
 * One run: the user's message, the AI SDK's loop of model and tools over it, and cagent's events about it. The loop is
 * the SDK's; what is here are its hooks, each of which turns one thing that happens into events and stored messages.
 *
 * The request's signal ends everything: model, tools, and a question that waits. What was produced by then is stored, and
 * no `stream_stopped` is sent: that would call a cut answer a whole one. A failure of the model is an `error` event, then
 * `stream_stopped`; only what fails before the stream is thrown.
 */

import type { ModelMessage, SystemModelMessage, ToolSet } from '@ai-sdk/provider-utils';
import type { Clock } from '@mobyclaw/lib/clock';
import { cutText } from '@mobyclaw/lib/cut-text';
import { namedModel } from '@mobyclaw/lib/model-ref';
import type { ContentPart, ToolResult } from '@mobyclaw/protocol/cagent';
import type { StepResult, StopCondition } from 'ai';
import type { ResolvedModel, RunnableModel } from '../model/create-model.ts';
import type { AgentConfig, Soul } from '../soul/schema.ts';
import type { Session, SessionStore } from '../store/session-store.ts';
import type { ElicitationAnswer, ToolContext } from '../tools/tool.ts';
import type { Offer, Toolbox } from '../tools/toolbox.ts';
import { modelErrorText } from './error-text.ts';
import type { Gate } from './gate.ts';
import { toModelMessages } from './history.ts';
import { buildInstructions } from './instructions.ts';
import { MessageWriter } from './message-writer.ts';
import { ModelCalls, UNKNOWN_TOOL } from './model-call.ts';
import type { Emit } from './run-events.ts';
import { type ResumeAnswer, ToolCalls } from './tool-calls.ts';

const MORE_ITERATIONS = 10; // what one approval adds, as in cagent
const MODEL_SILENCE_MS = 300_000; // between two pieces of an answer; longer than any pause of a provider that lives
const FIRST_PIECE_MS = 900_000; // a local model may load and read for minutes before it says a word
const TITLE_CHARS = 50;

export interface RunDependencies {
  soul: Soul;
  /** Who runs, of the agents in soul.yaml. */
  agentName: string;
  agent: AgentConfig;
  resolved: ResolvedModel;
  runnable: RunnableModel;
  toolbox: Toolbox;
  store: SessionStore;
  clock: Clock;
  workingDir: string;
  home: string | undefined;
  /** How often a model call that failed before its first word is tried again. */
  maxRetries: number;
}

export interface RunRequest {
  session: Session;
  messages: ReadonlyArray<{ content: string; multi_content?: ContentPart[] }>;
  headers: ToolContext['headers'];
  signal: AbortSignal;
  gate: Gate<ResumeAnswer>;
  elicitation: Gate<ElicitationAnswer>;
  emit: Emit;
}

/** @returns `cut` where the signal ended it: the answer is not whole, and its stream must break off without an end */
export async function run(dependencies: RunDependencies, request: RunRequest): Promise<RunEnd> {
  const active = new Run(dependencies, request);
  const { signal, emit } = request;
  try {
    await active.begin();
    await active.converse();
  } catch (error) {
    if (!signal.aborted) emit({ type: 'error', error: modelErrorText(error) });
  } finally {
    active.close();
  }
  if (signal.aborted) return 'cut';
  emit({ type: 'stream_stopped', ...(active.cutAtLimit ? { reason: 'length' } : {}) });
  return 'ended';
}

export type RunEnd = 'ended' | 'cut';

class Run {
  readonly #deps: RunDependencies;
  readonly #request: RunRequest;
  readonly #writer: MessageWriter;
  readonly #modelCalls: ModelCalls;
  readonly #toolCalls: ToolCalls;
  readonly #context: ToolContext;
  /** The SDK reads it anew for every model call. */
  readonly #toolSet: ToolSet = {};
  readonly #answered = new Set<string>();
  #offer: Offer = { tools: new Map(), instructions: [], failures: [] };
  #warned = '';
  #limit: number;

  constructor(deps: RunDependencies, request: RunRequest) {
    const { store, clock } = deps;
    const { session, emit, gate } = request;
    this.#deps = deps;
    this.#request = request;
    this.#limit = deps.agent.max_iterations ?? 0;
    this.#writer = new MessageWriter(store, session.id, deps.agentName, clock);
    this.#modelCalls = new ModelCalls({
      emit,
      writer: this.#writer,
      model: deps.resolved,
      takesToolPictures: deps.runnable.takesToolPictures,
      definitionOf: (name) => this.#offer.tools.get(name)?.definition ?? UNKNOWN_TOOL,
      onUsage: (input, output) => store.setUsage(session.id, input, output),
    });
    this.#context = {
      sessionId: session.id,
      workingDir: session.workingDir ?? deps.workingDir,
      headers: request.headers,
      signal: request.signal,
      elicit: (question) => {
        const answer = request.elicitation.wait(request.signal);
        emit({
          type: 'elicitation_request',
          message: question.message,
          mode: 'form',
          schema: question.schema,
        });
        return answer;
      },
      notice: (message) => emit({ type: 'warning', message }),
    };
    this.#toolCalls = new ToolCalls({
      emit,
      writer: this.#writer,
      gate,
      context: this.#context,
      rules: () => {
        const current = store.get(session.id);
        return {
          toolsApproved: current?.toolsApproved ?? false,
          session: current?.permissions ?? null,
          soul: deps.soul.permissions,
        };
      },
      approveSession: () => store.setToolsApproved(session.id, true),
      approveTool: (name) => {
        const permissions = store.get(session.id)?.permissions ?? {};
        store.setPermissions(session.id, { ...permissions, allow: [...(permissions.allow ?? []), name] });
      },
    });
  }

  /** Everything before the first model call. */
  async begin(): Promise<void> {
    const { agentName, agent, resolved, store } = this.#deps;
    const { emit, messages, session } = this.#request;
    const { description = '', welcome_message } = agent;
    const model = `${resolved.provider}/${resolved.model}`;
    emit({ type: 'agent_info', model, description, ...(welcome_message ? { welcome_message } : {}) });
    emit({ type: 'team_info', available_agents: this.#team(), current_agent: agentName });
    await this.#listTools();
    for (const [index, message] of messages.entries()) {
      const position = this.#writer.user(message.content, message.multi_content);
      if (index < messages.length - 1) continue;
      const parts = message.multi_content?.length ? { multi_content: message.multi_content } : {};
      emit({ type: 'user_message', message: message.content, ...parts, session_position: position });
    }
    emit({ type: 'stream_started' });
    if (session.title === '') {
      const title = titleFrom(messages.at(-1)?.content ?? '');
      store.setTitle(session.id, title);
      emit({ type: 'session_title', title });
    }
    this.#warn();
  }

  /** The loop. @throws what ended it other than its own end or the client */
  async converse(): Promise<void> {
    const { streamText, wrapLanguageModel } = await import('ai');
    const { agent, runnable, store, maxRetries } = this.#deps;
    const { signal, session } = this.#request;
    let failure: { error: unknown } | null = null;
    const result = streamText({
      model: wrapLanguageModel({ model: runnable.model, middleware: this.#modelCalls.middleware }),
      ...runnable.settings,
      providerOptions: runnable.providerOptions,
      messages: toModelMessages(store.messages(session.id), agent.num_history_items),
      tools: this.#toolSet,
      toolCallConcurrency: 1,
      maxRetries,
      abortSignal: signal,
      timeout: { chunkMs: MODEL_SILENCE_MS, firstChunkMs: FIRST_PIECE_MS },
      stopWhen: this.#stopWhen,
      prepareStep: async ({ steps, messages }) => {
        if (steps.length > 0) {
          this.#answerInvalidCalls(steps);
          await this.#listTools();
          this.#warn();
        } else if (!this.#deps.toolbox.empty) {
          this.#announceTools();
        }
        return { instructions: await this.#instructions(), ...this.#cached(messages) };
      },
      onError: ({ error }) => {
        failure ??= { error };
      },
    });
    for await (const part of result.stream) {
      if (part.type === 'abort' && !signal.aborted) {
        failure ??= { error: new Error('the model sent nothing for too long') };
      }
    }
    if (failure) throw (failure as { error: unknown }).error;
  }

  get cutAtLimit(): boolean {
    return this.#modelCalls.cutAtLimit;
  }

  close(): void {
    this.#modelCalls.close();
  }

  readonly #stopWhen: StopCondition<ToolSet> = async ({ steps }) => {
    if (this.#limit === 0 || steps.length < this.#limit) return false;
    this.#answerInvalidCalls(steps);
    const { emit, gate, signal } = this.#request;
    const answer = gate.wait(signal);
    emit({ type: 'max_iterations_reached', max_iterations: this.#limit });
    const { confirmation } = await answer;
    if (confirmation === 'approve') {
      this.#limit += MORE_ITERATIONS;
      return false;
    }
    this.#writer.assistantText(
      `Execution stopped after reaching the configured max_iterations limit (${this.#limit}).`,
    );
    emit({ type: 'message_added' });
    return true;
  };

  /** What the SDK itself answered: calls of tools that do not exist, or with arguments that are no JSON. */
  #answerInvalidCalls(steps: ReadonlyArray<StepResult<ToolSet>>): void {
    for (const part of steps.at(-1)?.content ?? []) {
      if (part.type !== 'tool-error' || this.#answered.has(part.toolCallId)) continue;
      this.#answered.add(part.toolCallId);
      const call = this.#modelCalls.call(part.toolCallId);
      if (!call) continue;
      const known = this.#offer.tools.get(part.toolName)?.definition;
      const output = known
        ? `Error: the arguments of '${part.toolName}' are not valid. ${errorMessage(part.error)}`
        : `Tool '${part.toolName}' is not available. You can only use the tools provided to you.`;
      const definition = known ?? { ...UNKNOWN_TOOL, name: part.toolName };
      this.#toolCalls.respond(call, definition, { output, isError: true });
    }
  }

  /** All agents of soul.yaml; of the one that runs, the model that it really has. */
  #team() {
    const { soul, agentName, resolved } = this.#deps;
    return Object.entries(soul.agents).map(([name, { description = '', model: ref }]) => {
      const known = name === agentName ? resolved : namedModel(soul, ref);
      return { name, description, provider: known?.provider ?? '', model: known?.model ?? ref };
    });
  }

  async #listTools(): Promise<void> {
    if (this.#deps.toolbox.empty) return;
    const { emit } = this.#request;
    emit({ type: 'mcp_init_started' });
    this.#offer = await this.#deps.toolbox.offer(this.#request);
    emit({ type: 'mcp_init_finished' });
    emit({ type: 'toolset_info', available_tools: this.#offer.tools.size, loading: false });
    for (const name of Object.keys(this.#toolSet)) {
      if (!this.#offer.tools.has(name)) delete this.#toolSet[name];
    }
    for (const [name, tool] of this.#offer.tools) this.#toolSet[name] = this.#sdkTool(tool);
  }

  /** The tools as listed a moment ago, announced once more, as cagent does at the first turn. */
  #announceTools(): void {
    const { emit } = this.#request;
    emit({ type: 'mcp_init_started' });
    emit({ type: 'mcp_init_finished' });
    emit({ type: 'toolset_info', available_tools: this.#offer.tools.size, loading: false });
  }

  #warn(): void {
    const details = this.#offer.failures.map((failure) => `- ${failure}`).join('\n');
    if (details !== '' && details !== this.#warned) {
      const head = `Some toolsets failed to initialize for agent '${this.#deps.agentName}'.`;
      this.#request.emit({ type: 'warning', message: `${head}\n\nDetails:\n\n${details}` });
    }
    this.#warned = details;
  }

  #sdkTool(tool: Offer['tools'] extends ReadonlyMap<string, infer TOOL> ? TOOL : never): ToolSet[string] {
    const { name, description } = tool.definition;
    return {
      ...(description ? { description } : {}),
      inputSchema: tool.inputSchema,
      execute: (input: unknown, { toolCallId }: { toolCallId: string }) => {
        this.#answered.add(toolCallId);
        const call = this.#modelCalls.call(toolCallId) ?? {
          id: toolCallId,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        };
        return this.#toolCalls.run(tool, call, input);
      },
      toModelOutput: ({ output }: { output: unknown }) => modelOutput(output as ToolResult),
    } as ToolSet[string];
  }

  async #instructions(): Promise<string | SystemModelMessage[]> {
    const { agent, home, clock, runnable } = this.#deps;
    const { stable, changing } = await buildInstructions({
      agent,
      toolsetInstructions: this.#offer.instructions,
      workingDir: this.#context.workingDir,
      home,
      clock,
    });
    const parts = [stable, changing].filter((text) => text !== '');
    if (!runnable.marksCache || stable === '') return parts.join('\n\n');
    return parts.map((content) => ({
      role: 'system',
      content,
      ...(content === stable ? { providerOptions: CACHE_HERE } : {}),
    }));
  }

  /** Marks the end of the conversation, so that the next call of this run pays for what is new only. */
  #cached(messages: readonly ModelMessage[]): { messages?: ModelMessage[] } {
    const last = messages.at(-1);
    if (!this.#deps.runnable.marksCache || !last) return {};
    const unmarked = messages.slice(0, -1).map((message) => {
      const { providerOptions, ...rest } = message;
      return (providerOptions?.anthropic?.cacheControl ? rest : message) as ModelMessage;
    });
    return { messages: [...unmarked, { ...last, providerOptions: CACHE_HERE }] };
  }
}

const CACHE_HERE = { anthropic: { cacheControl: { type: 'ephemeral' } } };

type ModelOutput = ReturnType<NonNullable<ToolSet[string]['toModelOutput']>>;

function modelOutput({ output = '', isError, images }: ToolResult): ModelOutput {
  if (isError) return { type: 'error-text', value: output };
  if (!images?.length) return { type: 'text', value: output };
  return {
    type: 'content',
    value: [
      { type: 'text', text: output },
      ...images.map(({ data, mimeType }) => ({
        type: 'file' as const,
        mediaType: mimeType,
        data: { type: 'data' as const, data },
      })),
    ],
  };
}

function titleFrom(prompt: string): string {
  const text = prompt
    .replace(/^\s*\[moby-context[^\]]*\][\s\S]*?\[\/moby-context\]/, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (text.length <= TITLE_CHARS) return text || 'Conversation';
  const cut = cutText(text, TITLE_CHARS);
  return `${cut.slice(0, cut.lastIndexOf(' ') > 20 ? cut.lastIndexOf(' ') : TITLE_CHARS)}…`;
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
