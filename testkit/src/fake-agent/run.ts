/**
 * One run of the fake agent: its script, told in cagent's events, and what it leaves behind in the session. A client
 * that goes away cancels it where it stands: a partial answer stays, a tool call stays without its result.
 */
import { randomUUID } from 'node:crypto';
import type { ToolCall } from '@mobyclaw/protocol/cagent';
import type { Accounts, RunRecord } from './accounts.ts';
import { sizeOf, sizeOfSession } from './context.ts';
import type { EventStream } from './event-stream.ts';
import type { Elicited, Gate, Resume } from './gate.ts';
import type { FakeContext } from './options.ts';
import { danglingCallError, providerError, type Script, type ToolStep } from './script.ts';
import { danglingCalls, type Session, type SessionStore } from './session-store.ts';
import { definition, toolCall } from './tool-call.ts';

export type FakeGeneration = 'array' | 'object';

export interface RunContext {
  generation: FakeGeneration;
  /** Who runs, of the agents in soul.yaml. */
  agent: string;
  team: readonly string[];
  model: string;
  store: SessionStore;
  accounts: Accounts;
  session: Session;
  record: RunRecord;
  stream: EventStream;
  resume: Gate<Resume>;
  elicitation: Gate<Elicited>;
  signal: AbortSignal;
  dropResume: number;
  context: FakeContext | undefined;
  die: () => void;
}

/** Each agent has a model of its own. */
export function modelOf(agent: string): string {
  return agent === 'root' ? 'fake/fake-1' : `fake/fake-${agent}`;
}

/** Thrown inside a run whose client has gone. */
class Cancelled extends Error {}

export type RunEnd = NonNullable<RunRecord['end']>;

export class FakeRun {
  readonly #context: RunContext;
  /** Index of the assistant message that is being written. */
  #message: number | null = null;
  /** Text of the current attempt at it. */
  #text = '';
  #dueAt = 0;
  #steps = 0;
  /** Confirmations are asked one at a time, also of calls that run side by side. */
  #confirming: Promise<unknown> = Promise.resolve();
  readonly #returned: string[] = [];

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** @param echo what was sent, for `user_message` @param text of the prompt, as it is stored */
  async execute(text: string, echo: Record<string, unknown>, script: Script): Promise<RunEnd> {
    try {
      return await this.#tell(text, echo, script);
    } catch (error) {
      if (error instanceof Cancelled) return 'cancelled';
      throw error;
    }
  }

  async #tell(text: string, echo: Record<string, unknown>, script: Script): Promise<RunEnd> {
    const { generation, store, session, stream } = this.#context;
    const broken = generation === 'array' ? danglingCalls(session) : []; // the new generation repairs what it sends
    this.#opening();
    const position = store.add(session, {
      role: 'user',
      content: text,
      created_at: new Date().toISOString(),
    });
    stream.send({
      type: 'user_message',
      ...echo,
      session_id: session.id,
      session_position: position,
      agent_name: undefined,
    });
    stream.own('stream_started');
    this.#turnOpening();
    if (broken.length > 0) return this.#fail(danglingCallError(broken), 'model_error');
    if (this.#isTooLong()) return this.#refuseLength();
    this.#dueAt = performance.now();
    for (const step of script) {
      const end = await this.#step(step);
      if (end) return end;
    }
    await this.#checkpoint();
    this.#endMessage();
    return this.#stop('normal');
  }

  #opening(): void {
    const { generation, agent, team: names, stream, session } = this.#context;
    const members = names.map((name) => {
      const [provider, model] = modelOf(name).split('/');
      return { name, description: 'Moby', provider, model };
    });
    const team = { type: 'team_info', available_agents: members, current_agent: agent };
    if (generation === 'array') this.#agentInfo();
    else if (session.title !== '') stream.own('session_title', { title: session.title, ...NOBODY });
    stream.send(team);
    this.#turnTools();
    if (generation === 'object') stream.send({ type: 'plan_changed', steps: [] });
  }

  /** Before each call of the model. */
  #turnOpening(): void {
    this.#turnTools();
    if (this.#context.generation === 'object') this.#agentInfo();
  }

  #turnTools(): void {
    const { stream } = this.#context;
    stream.send({ type: 'mcp_init_started' });
    stream.send({ type: 'mcp_init_finished' });
    stream.send({ type: 'toolset_info', available_tools: 6, loading: false });
  }

  #agentInfo(): void {
    this.#context.stream.send({ type: 'agent_info', model: this.#context.model, description: 'Moby' });
  }

  async #step(step: ScriptStep): Promise<RunEnd | null> {
    const { stream } = this.#context;
    switch (step.do) {
      case 'text':
        await this.#until(step.afterMs ?? 0);
        this.#say(step.stamp ? `${timeStamp()}${step.ends ? '\n\n' : ''}` : step.text);
        return null;
      case 'reasoning':
        await this.#checkpoint();
        stream.text('agent_choice_reasoning', step.text);
        return null;
      case 'wait':
        await this.#until(step.ms);
        return null;
      case 'tools':
        await this.#tools(step.calls);
        return this.#isTooLong() ? this.#refuseLength() : null;
      case 'retry-silently':
        this.#text = '';
        return null;
      case 'fail':
        return this.#fail(step.error, step.code);
      case 'elicit':
        return await this.#elicit(step.message, step.schema ?? COLOUR);
      case 'max-iterations':
        return await this.#maxIterations();
      case 'sub-agent':
        await this.#subAgent(step.text);
        return null;
      case 'await-answer':
        if ((await this.#context.resume.wait(this.#context.signal)) === null) throw new Cancelled();
        return null;
      case 'report':
        this.#say(` It said: ${this.#returned.join(' | ')}`);
        return null;
      case 'event':
        stream.send(step.event);
        return null;
      case 'cut-at-limit':
        this.#endMessage();
        stream.own('stream_stopped', { reason: 'length' });
        stream.end();
        return 'done';
      case 'silence':
        await this.#forever();
        return null;
      case 'hang-up':
        await flushed();
        if (step.how === 'eof') stream.end();
        else stream.reset();
        return 'broken-off';
      case 'die':
        await flushed();
        this.#context.die();
        return 'broken-off';
    }
  }

  #say(text: string): void {
    const { store, session, stream, agent } = this.#context;
    stream.text('agent_choice', text);
    this.#text += text;
    if (this.#message === null)
      this.#message = store.add(session, { role: 'assistant', content: text }, agent);
    else store.appendText(session, this.#message, text);
  }

  /** The message is stored whole: the last attempt alone, with its tool calls. */
  #endMessage(calls?: ToolCall[]): void {
    const { store, session, stream, model, agent } = this.#context;
    if (this.#message === null && !calls) {
      this.#usage(false);
      return;
    }
    this.#message ??= store.add(session, { role: 'assistant', content: '' }, agent);
    store.replace(session, this.#message, this.#text, calls);
    this.#message = null;
    this.#text = '';
    stream.own('message_added');
    this.#usage(true, model.split('/')[1]);
  }

  #usage(measured: boolean, model?: string): void {
    const simulated = this.#context.context;
    if (simulated) {
      this.#simulatedUsage(simulated, model);
      return;
    }
    const last = { input_tokens: 80, output_tokens: 12, cached_input_tokens: 40, cached_write_tokens: 0 };
    const context = { input_tokens: 120, output_tokens: 12, context_length: 132, context_limit: 0, cost: 0 };
    const usage = measured ? { ...context, last_message: { ...last, Cost: 0, Model: model } } : context;
    this.#context.stream.own('token_usage', { usage });
  }

  /** As the provider counts it: what the call before this moment read, and the message that it wrote. */
  #simulatedUsage({ limit, reports, drops, base }: FakeContext, model?: string): void {
    const { session, stream } = this.#context;
    const written = session.messages.at(-1)?.message;
    const output = written?.role === 'assistant' ? sizeOf(written) : 0;
    const whole = sizeOfSession(session, { limit, reports, base }) - output;
    const input = drops ? Math.min(whole, limit) : whole;
    const figures = { input_tokens: input, output_tokens: output, cost: 0 };
    const last_message = { input_tokens: input, output_tokens: output, Cost: 0, Model: model };
    const usage = {
      ...figures,
      context_length: input + output,
      context_limit: reports ? limit : 0,
      ...(model === undefined ? {} : { last_message }),
    };
    stream.own('token_usage', { usage });
  }

  #isTooLong(): boolean {
    const { context, session } = this.#context;
    return context !== undefined && !context.drops && sizeOfSession(session, context) > context.limit;
  }

  #refuseLength(): RunEnd {
    const { context, accounts } = this.#context;
    accounts.refused++;
    const message = `This model's maximum context length is ${context?.limit} tokens.`;
    return this.#fail(
      providerError(400, { message, type: 'invalid_request_error', code: 'context_length_exceeded' }),
      'context_exceeded',
    );
  }

  async #tools(steps: readonly ToolStep[]): Promise<void> {
    await this.#checkpoint();
    const calls = steps.map((step) => ({ step, call: toolCall(step) }));
    for (const { step, call } of calls) this.#announce(step, call);
    this.#endMessage(calls.map(({ call }) => call));
    if (this.#context.generation === 'object') {
      this.#context.stream.send({ type: 'budget_usage', used: 1, limit: 100 });
      await Promise.all(calls.map(({ step, call }) => this.#callTool(step, call)));
    } else for (const { step, call } of calls) await this.#callTool(step, call);
    this.#turnOpening();
    this.#dueAt = performance.now();
  }

  /** Arguments as they are written: all so far each time in the old generation, the new part alone in the new one. */
  #announce(step: ToolStep, call: ToolCall): void {
    const { generation, stream } = this.#context;
    const text = call.function.arguments ?? '';
    const half = Math.ceil(text.length / 2);
    const parts =
      generation === 'array' ? ['', text.slice(0, half), text] : ['', text.slice(0, half), text.slice(half)];
    for (const [index, part] of parts.entries()) {
      const partial = { name: step.name, ...(part === '' ? {} : { arguments: part }) };
      stream.send({
        type: 'partial_tool_call',
        tool_call: { id: call.id, type: 'function', function: partial },
        ...(generation === 'array' || index === 0 ? { tool_definition: definition(step.name) } : {}),
      });
    }
  }

  async #callTool(step: ToolStep, call: ToolCall): Promise<void> {
    const { stream, resume, signal, accounts, session, record, generation, dropResume } = this.#context;
    const tool = { tool_call: call, tool_definition: definition(step.name) };
    if (step.confirm || isAskedFor(session, step.name)) {
      const before = this.#confirming;
      const asked = before.then(() => {
        resume.drop = dropResume;
        const waiting = resume.wait(signal);
        stream.send({ type: 'tool_call_confirmation', ...tool });
        return waiting;
      });
      this.#confirming = asked;
      const answer = await asked;
      if (answer === null) throw new Cancelled();
      if (answer.confirmation === 'reject') {
        const why = answer.reason ? ` Reason: ${answer.reason}` : '';
        this.#respond(step, call, `The user rejected the tool call.${why}`, true);
        return;
      }
    }
    accounts.execute({
      turn: record.turn,
      session: session.id,
      tool: step.name,
      callId: call.id ?? '',
      at: Date.now(),
    });
    stream.send({ type: 'tool_call', ...tool });
    if (generation === 'object') stream.send({ type: 'hook_started', tool_call_id: call.id });
    await this.#sleep(step.ms ?? 0);
    const output = (await step.act?.()) ?? step.result ?? `${step.name} done`;
    this.#respond(step, call, output, step.fails === true);
  }

  #respond(step: ToolStep, call: ToolCall, output: string, isError: boolean): void {
    const { store, session, stream, generation, agent } = this.#context;
    this.#returned.push(output);
    const id = call.id === undefined ? {} : { tool_call_id: call.id };
    step.told = output;
    store.add(session, { role: 'tool', content: output, ...id }, agent);
    stream.send({
      type: 'tool_call_response',
      ...(generation === 'array' ? { tool_call: call } : { tool_call_id: call.id }),
      tool_definition: definition(step.name),
      response: output,
      result: { output, ...(isError ? { isError } : {}) },
    });
    stream.own('message_added');
  }

  /** As the recordings `user-prompt-*` have it. */
  async #elicit(message: string, schema: object): Promise<RunEnd | null> {
    const { stream, elicitation, signal, generation } = this.#context;
    const step = { name: 'user_prompt', args: { message, title: 'Colour', schema } };
    const call = toolCall(step);
    this.#announce(step, call);
    this.#endMessage([call]);
    stream.send({ type: 'tool_call', tool_call: call, tool_definition: definition(step.name) });
    const id = generation === 'object' ? { elicitation_id: randomUUID() } : {};
    const waiting = elicitation.wait(signal);
    stream.send({ type: 'elicitation_request', message, schema, ...id, meta: { 'cagent/title': 'Colour' } });
    const answer = await waiting;
    if (answer === null) throw new Cancelled();
    this.#respond(step, call, JSON.stringify(answer), answer.action !== 'accept');
    this.#turnOpening();
    return null;
  }

  async #maxIterations(): Promise<RunEnd | null> {
    const { stream, resume, signal, store, session } = this.#context;
    stream.send({ type: 'max_iterations_reached', max_iterations: 6, ...NOBODY });
    const answer = await resume.wait(signal);
    if (answer === null) throw new Cancelled();
    if (answer.confirmation === 'approve') return null;
    store.add(session, { role: 'assistant', content: MAX_ITERATIONS_TEXT }); // stored, never streamed
    stream.own('message_added');
    return this.#stop('normal');
  }

  async #subAgent(text: string): Promise<void> {
    const { stream } = this.#context;
    const session_id = randomUUID();
    const other = { session_id, agent_name: 'researcher' };
    const call = toolCall({ name: 'transfer_task', args: { agent: 'researcher' } });
    this.#announce({ name: 'transfer_task' }, call);
    this.#endMessage([call]);
    stream.send({ type: 'tool_call', tool_call: call, tool_definition: definition('transfer_task') });
    stream.send({ type: 'stream_started', ...other });
    for (const word of text.split(/(?<=\s)/)) stream.send({ type: 'agent_choice', content: word, ...other });
    stream.send({ type: 'message_added', ...other });
    stream.send({ type: 'stream_stopped', ...other });
    this.#respond({ name: 'transfer_task' }, call, text, false);
    await this.#checkpoint();
  }

  #fail(error: string, code?: string): RunEnd {
    const { stream, generation, session } = this.#context;
    const more = generation === 'object' ? { session_id: session.id, ...(code ? { code } : {}) } : {};
    stream.send({ type: 'error', error, ...more, ...NOBODY });
    this.#stop('error');
    return 'failed';
  }

  #stop(reason: string): RunEnd {
    const { stream, generation } = this.#context;
    stream.own('stream_stopped', generation === 'object' ? { reason } : {});
    stream.end();
    return 'done';
  }

  /** Waits until `ms` after the last step was due, so that a pace is kept whatever the steps cost. */
  async #until(ms: number): Promise<void> {
    if (ms === 0) return await this.#checkpoint();
    this.#dueAt += ms;
    const leftMs = this.#dueAt - performance.now();
    if (leftMs > 0) await this.#sleep(leftMs);
    else await this.#checkpoint();
  }

  /** Lets others run, and notices that the client is gone. */
  async #checkpoint(): Promise<void> {
    if (this.#context.signal.aborted) throw new Cancelled();
    this.#steps += 1;
    if (this.#steps % STEPS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#context;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Cancelled());
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(new Cancelled());
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #forever(): Promise<never> {
    const { signal } = this.#context;
    return new Promise((_, reject) => {
      if (signal.aborted) return reject(new Cancelled());
      signal.addEventListener('abort', () => reject(new Cancelled()), { once: true });
    });
  }
}

const COLOUR = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };

/** A script without pauses gives way to other runs this often. */
const STEPS_A_TURN = 32;

type ScriptStep = Script extends Iterable<infer S> ? S : never;

/** Some events name no agent and no time. */
const NOBODY = { agent_name: undefined, timestamp: '0001-01-01T00:00:00Z' };
export const MAX_ITERATIONS_TEXT =
  'Execution stopped after reaching the configured max_iterations limit (6).';

/** Milliseconds since the epoch, with fractions, as one word. */
function timeStamp(): string {
  return `${(performance.timeOrigin + performance.now()).toFixed(3)} `;
}

/** What was written is with the kernel by then, as cagent flushes each event. */
function flushed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** By permissions of the session: what stands under `allow` goes before a star under `ask`. */
function isAskedFor({ permissions }: Session, tool: string): boolean {
  const matches = (rule: string): boolean =>
    new RegExp(`^${rule.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(tool);
  return !permissions?.allow?.some(matches) && (permissions?.ask?.some(matches) ?? false);
}
