/**
 * One run: the user's message, the loop of model and tools over it, and cagent's events about it.
 *
 * The request's signal ends everything: model, tools, and a question that waits. What was produced by then is stored, and
 * no `stream_stopped` is sent: that would call a cut answer a whole one. A failure of the model is an `error` event, then
 * `stream_stopped`; only what fails before the stream is thrown.
 */

import { randomUUID } from 'node:crypto';
import type { LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import type { Clock } from '@mobyclaw/lib/clock';
import { cutText } from '@mobyclaw/lib/cut-text';
import { namedModel } from '@mobyclaw/lib/model-ref';
import type { ContentPart, ToolCall, ToolResult } from '@mobyclaw/protocol/cagent';
import type { RunModel } from '../model/create-model.ts';
import type { AgentConfig, Soul } from '../soul/schema.ts';
import type { Session, SessionStore } from '../store/session-store.ts';
import type { ElicitationAnswer, ElicitationRequest, ToolContext } from '../tools/tool.ts';
import type { Offer, Toolbox } from '../tools/toolbox.ts';
import { readArguments } from './call-arguments.ts';
import { modelErrorText } from './error-text.ts';
import type { Gate } from './gate.ts';
import { toModelMessages } from './history.ts';
import { MessageWriter } from './message-writer.ts';
import { type Answer, ModelCalls, UNKNOWN_TOOL } from './model-call.ts';
import { type Cooldown, ModelChain, nameOf } from './model-chain.ts';
import { PromptBuilder } from './prompt.ts';
import type { Emit } from './run-events.ts';
import { type ResumeAnswer, ToolCalls } from './tool-calls.ts';
import { toolOutput } from './tool-output.ts';

const MORE_ITERATIONS = 10; // what one approval adds, as in cagent
const TITLE_CHARS = 50;

export interface RunDependencies {
  soul: Soul;
  /** Who runs, of the agents in soul.yaml. */
  agentName: string;
  agent: AgentConfig;
  /** The agent's own, then those that go on where it fails. */
  models: readonly [RunModel, ...RunModel[]];
  /** Of the session. */
  cooldown: Cooldown;
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
  readonly #chain: ModelChain;
  readonly #prompts: PromptBuilder;
  readonly #toolCalls: ToolCalls;
  readonly #context: ToolContext;
  #offer: Offer = { tools: new Map(), forModel: [], instructions: [], failures: [] };
  #warned = '';
  #limit: number;
  #cutAtLimit = false;
  /** Forms are asked one at a time. */
  #eliciting: Promise<unknown> = Promise.resolve();

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
      clock,
      signal: request.signal,
      definitionOf: (name) => this.#offer.tools.get(name)?.definition ?? UNKNOWN_TOOL,
      onUsage: (input, output) => store.setUsage(session.id, input, output),
    });
    this.#chain = new ModelChain({
      models: deps.models,
      fallback: deps.agent.fallback,
      cooldown: deps.cooldown,
      clock,
      signal: request.signal,
      emit,
      maxRetries: deps.maxRetries,
      onModel: (model) => this.#introduce(model),
    });
    this.#context = {
      sessionId: session.id,
      workingDir: session.workingDir ?? deps.workingDir,
      headers: request.headers,
      signal: request.signal,
      elicit: (question) => {
        const asked = this.#eliciting.then(() => this.#elicit(question));
        this.#eliciting = asked.catch(() => undefined); // whoever asked learns of it
        return asked;
      },
      notice: (message) => emit({ type: 'warning', message }),
    };
    this.#prompts = new PromptBuilder({
      agent: deps.agent,
      workingDir: this.#context.workingDir,
      home: deps.home,
      clock,
      notice: this.#context.notice,
    });
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
    const { agentName, models, store } = this.#deps;
    const { emit, messages, session } = this.#request;
    this.#introduce(models[0]);
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
    const { agent, store, toolbox } = this.#deps;
    const prompt = toModelMessages(store.messages(this.#request.session.id), agent.num_history_items);
    if (!toolbox.empty) this.#announceTools();
    for (let calls = 1; ; calls++) {
      const answer = await this.#chain.ask(async (how) =>
        this.#modelCalls.ask({
          ...how,
          prompt: await this.#prompts.build(prompt, this.#offer, how.model.runnable),
          tools: this.#offer.forModel,
        }),
      );
      this.#cutAtLimit = answer.finish === 'length';
      if (!actsOn(answer)) return;
      const results: LanguageModelV4ToolResultPart[] = [];
      for (const call of answer.calls) results.push(await this.#result(call));
      prompt.push(answer.message, { role: 'tool', content: results });
      if (this.#limit > 0 && calls >= this.#limit && (await this.#stopsAtLimit())) return;
      await this.#listTools();
      this.#warn();
    }
  }

  /** Who speaks, and with which model. */
  #introduce(model: RunModel): void {
    const { description = '', welcome_message } = this.#deps.agent;
    const welcome = welcome_message ? { welcome_message } : {};
    this.#request.emit({ type: 'agent_info', model: nameOf(model), description, ...welcome });
  }

  /** Whether the last answer ended because it had reached the longest that the model may give. */
  get cutAtLimit(): boolean {
    return this.#cutAtLimit;
  }

  #elicit({ message, title, schema }: ElicitationRequest): Promise<ElicitationAnswer> {
    const { elicitation, signal, emit } = this.#request;
    const elicitation_id = randomUUID();
    const answer = elicitation.wait(signal, ({ id }) => id === undefined || id === elicitation_id);
    const meta = title === undefined ? {} : { meta: { 'cagent/title': title } };
    emit({ type: 'elicitation_request', message, mode: 'form', schema, elicitation_id, ...meta });
    return answer;
  }

  close(): void {
    this.#modelCalls.close();
  }

  /** Asks whether the run may go on beyond its limit of model calls. */
  async #stopsAtLimit(): Promise<boolean> {
    const { emit, gate, signal } = this.#request;
    const answer = gate.wait(signal, ({ tool_call_id }) => tool_call_id === undefined);
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
  }

  /** The result of a call, for the model. One that cannot be run has a result that says why. */
  async #result(call: ToolCall): Promise<LanguageModelV4ToolResultPart> {
    const { id = '', function: fn } = call;
    const name = fn.name ?? '';
    const result = await this.#run(call, name, fn.arguments);
    return { type: 'tool-result', toolCallId: id, toolName: name, output: toolOutput(result) };
  }

  async #run(call: ToolCall, name: string, text: string | undefined): Promise<ToolResult> {
    const tool = this.#offer.tools.get(name);
    if (!tool) {
      const output = `Tool '${name}' is not available. You can only use the tools provided to you.`;
      return this.#toolCalls.respond(call, { ...UNKNOWN_TOOL, name }, { output, isError: true });
    }
    const read = readArguments(text);
    const fault = 'fault' in read ? read.fault : tool.faults?.(read.input);
    if ('fault' in read || fault) {
      const output = `Error: the arguments of '${name}' are not valid. ${fault}`;
      return this.#toolCalls.respond(call, tool.definition, { output, isError: true });
    }
    return await this.#toolCalls.run(tool, call, read.input);
  }

  /** All agents of soul.yaml; of the one that runs, the model that it really has. */
  #team() {
    const { soul, agentName, models } = this.#deps;
    const [{ resolved }] = models;
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
}

/** An answer that was cut, or kept back, may hold half of a call: only one that ended by itself is acted on. */
function actsOn({ calls, finish }: Answer): boolean {
  return calls.length > 0 && (finish === 'stop' || finish === 'tool-calls');
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
