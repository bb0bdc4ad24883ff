/**
 * One run: the user's message, the loop of model and tools over it, and cagent's events about it.
 *
 * The request's signal ends everything: model, tools, and a question that waits. What was produced by then is stored, and
 * no `stream_stopped` is sent: that would call a cut answer a whole one. A failure of the model is an `error` event, then
 * `stream_stopped`; only what fails before the stream is thrown.
 */

import { randomUUID } from 'node:crypto';
import type { LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import type { ToolCall, ToolResult } from '@mobyclaw/protocol/cagent';
import { capabilityOf } from '@mobyclaw/protocol/identity';
import type { RunModel } from '../model/create-model.ts';
import type { ToolContext } from '../tools/tool.ts';
import type { Offer } from '../tools/toolbox.ts';
import { actsOn, responseFormat, textOf } from './answers.ts';
import { readArguments } from './call-arguments.ts';
import { modelErrorText } from './error-text.ts';
import { formsOf } from './form.ts';
import { Handoffs } from './handoff.ts';
import { toModelMessages } from './history.ts';
import { inOrder } from './in-order.ts';
import { MessageWriter } from './message-writer.ts';
import { ModelCalls, UNKNOWN_TOOL } from './model-call.ts';
import { ModelChain, nameOf } from './model-chain.ts';
import { PromptBuilder } from './prompt.ts';
import type { Emit } from './run-events.ts';
import type { RunDependencies, RunEnd, RunRequest } from './run-request.ts';
import { sessionRules } from './session-rules.ts';
import { hear } from './steering.ts';
import { teamOf } from './team.ts';
import { titleFrom } from './title.ts';
import { ToolCalls } from './tool-calls.ts';
import { toolOutput } from './tool-output.ts';
import { MOST_DEPTH, subSession, type Task, taskText, transferTool, withTransfer } from './transfer.ts';

const MORE_ITERATIONS = 10; // what one approval adds, as in cagent

/** A run within a run: a task that another agent was given. */
interface SubRun {
  id: string;
  depth: number;
  task: string;
  writer: MessageWriter;
}

/** @returns `cut` where the signal ended it: the answer is not whole, and its stream must break off without an end */
export async function run(dependencies: RunDependencies, request: RunRequest): Promise<RunEnd> {
  let active = new Run(dependencies, request);
  const { signal, emit } = request;
  try {
    await active.begin();
    for (;;) {
      await active.converse();
      const next = await active.handedOn();
      if (!next) break;
      active.close();
      active = next;
    }
  } catch (error) {
    if (!signal.aborted) emit({ type: 'error', error: modelErrorText(error) });
  } finally {
    request.steering.close();
    await active.settled();
    active.close();
  }
  if (signal.aborted) return 'cut';
  emit({ type: 'stream_stopped', ...(active.cutAtLimit ? { reason: 'length' } : {}) });
  return 'ended';
}

class Run {
  readonly #deps: RunDependencies;
  readonly #request: RunRequest;
  readonly #sub: SubRun | null;
  readonly #writer: MessageWriter;
  readonly #offered: (offer: Offer) => Offer;
  /** A task that another agent works on. */
  #task: Promise<unknown> = Promise.resolve();
  #lastWords = '';
  readonly #modelCalls: ModelCalls;
  readonly #chain: ModelChain;
  readonly #prompts: PromptBuilder;
  readonly #toolCalls: ToolCalls;
  readonly #context: ToolContext;
  #offer: Offer = { tools: new Map(), forModel: [], instructions: [], failures: [] };
  #warned = '';
  #limit: number;
  #cutAtLimit = false;

  readonly #handoffs: Handoffs;

  constructor(
    deps: RunDependencies,
    request: RunRequest,
    sub: SubRun | null = null,
    handoffs: Handoffs = new Handoffs(),
  ) {
    const { store, clock } = deps;
    const { session, emit, gate } = request;
    this.#deps = deps;
    this.#request = request;
    this.#limit = deps.agent.max_iterations ?? 0;
    this.#sub = sub;
    this.#writer = sub?.writer ?? new MessageWriter(store, session.id, deps.agentName, clock);
    const names = (sub?.depth ?? 0) < MOST_DEPTH ? (deps.agent.sub_agents ?? []) : [];
    const tool = transferTool(names, (task) => this.#transfer(task));
    this.#handoffs = handoffs;
    const withTask = names.length === 0 ? (offer: Offer) => offer : withTransfer(tool, names, deps.soul);
    const withHandoff = handoffs.offered(deps.agentName, sub ? [] : (deps.agent.handoffs ?? []), deps.soul);
    this.#offered = (offer) => withHandoff(withTask(offer));
    this.#modelCalls = new ModelCalls({
      emit,
      writer: this.#writer,
      clock,
      signal: request.signal,
      capability: capabilityOf(request.headers),
      definitionOf: (name) => this.#offer.tools.get(name)?.definition ?? UNKNOWN_TOOL,
      onUsage: (input, output) => {
        if (!sub) store.setUsage(session.id, input, output);
      },
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
      elicit: formsOf(request),
      notice: (message) => emit({ type: 'warning', message }),
    };
    this.#prompts = new PromptBuilder({
      agent: deps.agent,
      task: sub?.task,
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
      ...sessionRules(store, session.id, deps.soul),
    });
  }

  /**
   * Has another agent do a task, to its end.
   * @returns its last words
   * @throws Error saying why it has none
   */
  async #transfer(task: Task): Promise<string> {
    const working = this.#runTask(task);
    this.#task = working.catch(() => undefined); // whoever gave it learns of it
    return await working;
  }

  async #runTask(task: Task): Promise<string> {
    const { agentName, store, clock } = this.#deps;
    const { emit, session, signal } = this.#request;
    const runner = await this.#deps.runner(task.agent);
    const id = randomUUID();
    const createdAt = new Date(clock.now()).toISOString();
    const writer = this.#writer.forSubSession(id, task.agent);
    const speak: Emit = (event) => emit({ session_id: id, agent_name: task.agent, ...event });
    speak({ type: 'agent_switching', switching: true, from_agent: agentName, to_agent: task.agent });
    const depth = (this.#sub?.depth ?? 0) + 1;
    const sub = new Run(
      { ...this.#deps, ...runner },
      { ...this.#request, messages: [], emit: speak },
      { id, depth, task: taskText(task), writer },
    );
    sub.#introduce(runner.models[0]);
    try {
      await sub.begin();
      await sub.converse();
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(`the agent ${task.agent} failed: ${modelErrorText(error)}`, { cause: error });
    } finally {
      await sub.settled();
      sub.close();
      if (!signal.aborted) {
        speak({ type: 'stream_stopped' });
        const told = subSession(id, createdAt, store.messages(session.id));
        emit({ type: 'sub_session_completed', parent_session_id: session.id, sub_session: told });
        emit({ type: 'agent_switching', switching: false, from_agent: task.agent, to_agent: agentName });
        this.#introduce(this.#deps.models[0]);
      }
    }
    if (sub.#lastWords === '') throw new Error(`the agent ${task.agent} ended without an answer`);
    return sub.#lastWords.trim();
  }

  /** The same run with the agent that the conversation was handed to; null where it was not. */
  async handedOn(): Promise<Run | null> {
    const { next } = this.#handoffs;
    if (next === null) return null;
    const runner = await this.#deps.handOn(next);
    const { emit } = this.#request;
    const speak: Emit = (event) => emit({ agent_name: next, ...event });
    const run = new Run(
      { ...this.#deps, ...runner },
      { ...this.#request, emit: speak },
      null,
      this.#handoffs.forNext(),
    );
    run.#introduce(runner.models[0]);
    await run.#listTools();
    return run;
  }

  /** When no task is worked on any more. */
  async settled(): Promise<void> {
    await this.#task;
  }

  /** Everything before the first model call. */
  async begin(): Promise<void> {
    const { agentName, models, store } = this.#deps;
    const { emit, messages, session } = this.#request;
    this.#introduce(models[0]);
    emit({ type: 'team_info', available_agents: teamOf(this.#deps), current_agent: agentName });
    await this.#listTools();
    for (const [index, message] of messages.entries()) {
      const told = hear(this.#writer, message);
      if (index === messages.length - 1) emit(told);
    }
    emit({ type: 'stream_started' });
    if (session.title === '' && !this.#sub) {
      const title = titleFrom(messages.at(-1)?.content ?? '');
      store.setTitle(session.id, title);
      emit({ type: 'session_title', title });
    }
    this.#warn();
  }

  /** The loop. @throws what ended it other than its own end or the client */
  async converse(): Promise<void> {
    const { agent, store } = this.#deps;
    const prompt: LanguageModelV4Prompt = this.#sub
      ? [{ role: 'user', content: [{ type: 'text', text: 'Please proceed.' }] }]
      : toModelMessages(
          store.messages(this.#request.session.id),
          agent.num_history_items,
          agent.max_old_tool_call_tokens,
        );
    this.#announceTools();
    for (let calls = 1; ; calls++) {
      const answer = await this.#chain.ask(async (how) =>
        this.#modelCalls.ask({
          ...how,
          prompt: await this.#prompts.build(prompt, this.#offer, how.model.runnable),
          tools: this.#offer.forModel,
          ...responseFormat(agent),
        }),
      );
      this.#lastWords = textOf(answer);
      this.#cutAtLimit = answer.finish === 'length';
      if (!actsOn(answer)) {
        const said = this.#steered(true);
        if (said.length === 0) return;
        prompt.push(answer.message, ...said);
        continue;
      }
      const content = await inOrder(
        answer.calls,
        (call) => this.#readsOnly(call),
        (call, before) => this.#result(call, before),
      );
      prompt.push(answer.message, { role: 'tool', content }, ...this.#steered(false));
      if (this.#handoffs.next !== null) return;
      if (this.#limit > 0 && calls >= this.#limit && (await this.#stopsAtLimit())) return;
      await this.#listTools();
      this.#warn();
    }
  }

  /** What was said meanwhile, for the model; in the session, and echoed, from now on. @param ends whether the run would end now */
  #steered(ends: boolean): LanguageModelV4Prompt {
    if (this.#sub) return []; // it is said to whoever gave the task
    const { steering, emit } = this.#request;
    return steering.take(ends).flatMap((message) => {
      emit(hear(this.#writer, message));
      return toModelMessages([{ agentName: '', message: { role: 'user', ...message } }]);
    });
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
  async #result(call: ToolCall, before: Promise<unknown>): Promise<LanguageModelV4ToolResultPart> {
    const { id = '', function: fn } = call;
    const name = fn.name ?? '';
    const result = await this.#run(call, name, fn.arguments, before);
    return { type: 'tool-result', toolCallId: id, toolName: name, output: toolOutput(result) };
  }

  #readsOnly({ function: fn }: ToolCall): boolean {
    const tool = this.#offer.tools.get(fn.name ?? '');
    const read = readArguments(fn.arguments);
    if (!tool || 'fault' in read || tool.faults?.(read.input)) return false;
    return this.#toolCalls.readsOnly(tool, read.input);
  }

  async #run(
    call: ToolCall,
    name: string,
    text: string | undefined,
    before: Promise<unknown>,
  ): Promise<ToolResult> {
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
    return await this.#toolCalls.run(tool, call, read.input, before);
  }

  async #listTools(): Promise<void> {
    const { emit } = this.#request;
    if (this.#deps.toolbox.empty) {
      this.#offer = this.#offered(this.#offer);
    } else {
      emit({ type: 'mcp_init_started' });
      this.#offer = this.#offered(await this.#deps.toolbox.offer(this.#request));
      emit({ type: 'mcp_init_finished' });
    }
    emit({ type: 'toolset_info', available_tools: this.#offer.tools.size, loading: false });
  }

  /** The tools as listed a moment ago, announced once more, as cagent does at the first turn. */
  #announceTools(): void {
    const { emit } = this.#request;
    if (!this.#deps.toolbox.empty) {
      emit({ type: 'mcp_init_started' });
      emit({ type: 'mcp_init_finished' });
    }
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
