/**
 * What the events of one run mean: text, tools and usage are told on at once; errors, the end, and what the agent waits
 * for are remembered for the runner. Knows no network and no time but what it is told.
 *
 * Sub-agents speak in the same stream under session ids of their own. Their text is not the answer's, their stop is not
 * the end, and their failure is not the run's; tools carry no session id and are shown whoever calls them.
 */

import { cutText } from '@mobyclaw/lib/cut-text';
import { ThinkTags, type Thought } from '@mobyclaw/lib/think-tags';
import type { Generation, RunEvent } from './agent.ts';
import { AgentError } from './agent-error.ts';
import { AnswerText } from './answer-text.ts';
import type { AgentEvent } from './event-reader.ts';
import { asNumber, asObject, asText, exactJson, type JsonObject, parseJson } from './json.ts';
import { providerError } from './provider-error.ts';
import { forPeople } from './readable.ts';
import { ToolCalls } from './tool-calls.ts';
import { callUsage, compactionUsage, type SessionUses } from './usage.ts';
import type { Wanted } from './wanted.ts';

const MAX_ARGUMENT_CHARS = 8_000; // longer ones are shown cut, as they are kept in the event log
const MAX_SUMMARY_CHARS = 200;

/** What the agent waits for, for ever, until somebody answers. */
export type Blocked =
  | Wanted
  /** A tool server wants a login in a browser, which is not how its token gets into soul.yaml. */
  | { kind: 'login'; elicitationId?: string };

export interface RunReaderOptions {
  sessionId: string;
  emit: (event: RunEvent) => void;
  onBlocked: (blocked: Blocked) => void;
  /** A tool starts, with these arguments, whole. */
  onToolStart: (callId: string, call: { tool: string; args: unknown }) => void;
  /** The older engine summarises the new question with the rest, so it is lost; the run is given up with this error. */
  onQuestionLost: (error: AgentError) => void;
  /** Of all sessions, kept between runs. */
  uses: SessionUses;
  /** Shortest pause in mid-answer that may hide a retry, in milliseconds. */
  retryPauseMs: number;
}

export class RunReader {
  readonly answer = new AnswerText();
  readonly tools = new ToolCalls();
  /** The last error, unless the run went on after it. */
  error: AgentError | null = null;
  stopped = false;
  stopReason = '';
  /**
   * Whether the model was asked and its message has not ended. If the run stops then, it is because the agent is being stopped
   * (SIGTERM, a container's restart), and the answer is not complete.
   */
  midway = false;
  /**
   * Whether the model was asked and the agent counted a call in which it said nothing and used nothing: v1.32.3 takes a
   * connection that ends before an answer, as a proxy's does whose server is gone, for the end of one.
   */
  unanswered = false;
  maxIterationsReached = false;
  /** Names of the agents that spoke in our own session. */
  readonly speakers = new Set<string>();
  /** How many messages of the user's were heard. */
  prompts = 0;
  /** How many events came. */
  events = 0;
  readonly #options: RunReaderOptions;
  /** Of the engine that answers. */
  generation: Generation = 'messages-array';
  #model = '';
  #mainAgent = '';
  /** By the name of the agent that has it. */
  readonly #models = new Map<string, string>();
  #summaryCost = 0;
  #messageStored = false;
  /** A tool's result came, and nothing of the model since. */
  #toolAnswered = false;
  #compacted = false;
  #lastTextAt = 0;
  readonly #warnings = new Set<string>();
  /** Reasoning that the model writes into a message. */
  readonly #tags = new ThinkTags();

  constructor(options: RunReaderOptions) {
    this.#options = options;
  }

  /** @param gapMs since whatever came before, as seen here; 0 where both came in one piece */
  handle(event: AgentEvent, gapMs: number): void {
    this.events += 1;
    switch (event.type) {
      case 'agent_choice':
        this.#text(event, gapMs);
        break;
      case 'agent_choice_reasoning':
        this.#reasoning(event);
        break;
      case 'message_added':
        this.#messageAdded(event, gapMs);
        break;
      case 'partial_tool_call':
      case 'tool_call':
      case 'tool_call_confirmation':
      case 'tool_call_response':
        this.#tool(event, gapMs);
        break;
      case 'token_usage':
        this.#usage(event);
        break;
      case 'agent_info':
        this.#agentInfo(event);
        break;
      case 'team_info':
        this.#teamInfo(event);
        break;
      case 'model_fallback':
        this.#fallback(event);
        break;
      case 'warning':
        this.#warning(asText(event.message));
        break;
      case 'error':
        this.#fail(event);
        break;
      case 'user_message':
        this.#heard(event);
        break;
      case 'stream_started':
        if (!this.#own(event)) break;
        this.#speaks(event);
        this.midway = true;
        break;
      case 'stream_stopped':
        if (this.#own(event)) this.#stop(event);
        break;
      case 'session_compaction':
        this.#compaction(event);
        break;
      case 'session_summary':
        if (this.#own(event)) this.#summaryCost = asNumber(event.cost);
        break;
      case 'max_iterations_reached':
        this.#maxIterations(asNumber(event.max_iterations));
        break;
      case 'elicitation_request':
        this.#elicitation(event);
        break;
    }
  }

  /** The run ended well: closes the tools that were announced and never ran. */
  finish(): void {
    for (const { id, name } of this.tools.dropAnnounced()) this.#emitNotRun(id, name);
  }

  #own(event: JsonObject): boolean {
    return event.session_id === this.#options.sessionId;
  }

  /** The prompt, then what was put into the run; while a sub-agent works on a task, it is the one who is told. */
  #heard(event: JsonObject): void {
    const session = asText(event.session_id);
    if (session === '' || this.#own(event)) {
      this.prompts += 1;
      if (this.prompts > 1) this.midway = true; // the model is asked about it
    }
    this.#options.emit({ type: 'heard', text: asText(event.message) });
  }

  #speaks(event: JsonObject): void {
    this.stopped = false; // the session goes on after all
    const name = asText(event.agent_name);
    if (name !== '') this.speakers.add(name);
  }

  #stop(event: JsonObject): void {
    this.#say(this.#tags.end());
    this.stopped = true;
    this.stopReason = asText(event.reason);
  }

  #goesOn(event: JsonObject): void {
    this.#speaks(event);
    if (this.error === null) return;
    const { message } = this.error;
    this.error = null;
    this.#options.emit({ type: 'notice', text: `The agent met a problem and went on: ${message}` });
  }

  #text(event: JsonObject, gapMs: number): void {
    if (!this.#own(event)) return;
    const content = asText(event.content);
    if (content === '') return;
    this.#goesOn(event);
    this.#modelSpeaks();
    this.midway = true;
    this.#watchPause(event, gapMs);
    this.#say(this.#tags.push(content));
  }

  #say({ reasoning, text }: Thought): void {
    if (reasoning !== '') this.#options.emit({ type: 'reasoning', text: reasoning });
    if (text !== '') this.#options.emit({ type: 'text', text: this.answer.append(text) });
  }

  #reasoning(event: JsonObject): void {
    if (!this.#own(event)) return;
    this.#goesOn(event);
    this.#modelSpeaks();
    this.midway = true;
    if (this.answer.inMessage) this.answer.suspectRetry(); // reasoning comes before text, so the agent may have asked anew
    const text = asText(event.content);
    if (text !== '') this.#options.emit({ type: 'reasoning', text });
  }

  #messageAdded(event: JsonObject, gapMs: number): void {
    if (!this.#own(event)) return;
    this.#goesOn(event);
    this.#watchPause(event, gapMs);
    this.#say(this.#tags.end());
    if (this.answer.inMessage || !this.#toolAnswered) this.midway = false; // else a tool's result was stored
    this.answer.endMessage();
    this.tools.messageStored();
    this.#messageStored = true;
    this.#options.emit({ type: 'message' });
  }

  #modelSpeaks(): void {
    this.unanswered = false;
    this.maxIterationsReached = false; // it may go on after all
    this.#compacted = false;
    this.#toolAnswered = false;
    if (!this.#messageStored) return;
    this.#messageStored = false;
    for (const { id, name } of this.tools.dropAbandoned()) this.#emitNotRun(id, name);
  }

  /**
   * The pause is measured by our clock and by the agent's time stamps: the agent may give none, and if the gateway is busy, then
   * it reads the text before and after a pause in one chunk.
   */
  #watchPause(event: JsonObject, gapMs: number): void {
    const at = Date.parse(asText(event.timestamp));
    const stampedMs = this.#lastTextAt > 0 && at > 0 ? at - this.#lastTextAt : 0;
    if (at > 0) this.#lastTextAt = at;
    if (this.answer.inMessage && Math.max(gapMs, stampedMs) >= this.#options.retryPauseMs) {
      this.answer.suspectRetry();
    }
  }

  #tool(event: AgentEvent, gapMs: number): void {
    const call = asObject(event.tool_call);
    const fn = asObject(call.function);
    const id = asText(call.id) || asText(event.tool_call_id);
    if (id === '') return;
    const definedAs = asText(asObject(event.tool_definition).name);
    const name = asText(fn.name) || this.tools.name(id) || definedAs || 'unknown';
    const { emit } = this.#options;
    if (event.type === 'partial_tool_call') {
      this.midway = true;
      this.maxIterationsReached = false;
      if (!this.tools.announce(id, name)) return;
      this.#watchPause(event, gapMs);
      emit({ type: 'tool', id, name, phase: 'start' });
    } else if (event.type === 'tool_call') {
      this.tools.start(id, name);
      const text = asText(fn.arguments);
      this.#options.onToolStart(id, { tool: name, args: wholeArguments(text) });
      emit({ type: 'tool', id, name, phase: 'call', args: readArguments(text) });
    } else if (event.type === 'tool_call_confirmation') {
      this.tools.withhold(id, name);
      const description = asText(asObject(event.tool_definition).description);
      this.#options.onBlocked({
        kind: 'tool',
        callId: id,
        tool: name,
        args: wholeArguments(asText(fn.arguments)),
        ...(description === '' ? {} : { description }),
      });
    } else {
      this.tools.finish(id, name);
      this.#toolAnswered = true;
      this.midway = true;
      const result = asObject(event.result);
      const summary = asText(event.response) || asText(result.output);
      emit({
        type: 'tool',
        id,
        name,
        phase: 'end',
        ok: result.isError !== true,
        summary: firstLine(summary),
      });
    }
  }

  #emitNotRun(id: string, name: string): void {
    this.#options.emit({ type: 'tool', id, name, phase: 'end', ok: false, summary: 'not run' });
  }

  /** v1.32.3 summarises the new message with the rest, and its model then answers something else. */
  #compaction(event: JsonObject): void {
    if (event.status === 'completed') {
      this.#compacted = true;
      const applied = event.outcome === undefined || event.outcome === 'applied'; // v1.99 and later tell
      if (applied && this.#own(event)) this.#options.emit({ type: 'shortened' });
    }
    const loses = event.status === 'started' && this.#own(event) && this.generation === 'messages-array';
    if (!loses || this.answer.streamed !== '') return;
    this.#options.onQuestionLost(
      new AgentError(
        'context_overflow',
        'The conversation became too long for the model. Start a new one with /new.',
      ),
    );
  }

  #usage(event: JsonObject): void {
    const { uses, sessionId, emit } = this.#options;
    const figures = asObject(event.usage);
    const model = this.#modelOf(event);
    const call = callUsage(figures, model, this.generation);
    // What follows a compaction is the new size of the context, not a call of the model.
    const ofCompaction = this.#compacted && call?.measured !== true;
    this.#compacted = false;
    if (ofCompaction) {
      const compaction = compactionUsage(figures, uses.get(sessionId), this.#summaryCost, model);
      if (compaction) emit(compaction);
      this.#summaryCost = 0;
    } else if (call) {
      emit(call.event);
      if (call.measured && call.event.inputTokens === 0) this.#noteMissingInput(call.event.model);
    }
    if (!this.#own(event)) return;
    const tokens = asNumber(figures.context_length);
    if (tokens > 0) {
      const [input, limit] = [asNumber(figures.input_tokens), asNumber(figures.context_limit)];
      emit({ type: 'context', tokens, input, limit, model });
    }
    if (!ofCompaction) {
      const before = uses.get(sessionId)?.contextTokens ?? 0;
      const nothing = before === 0 ? call === null : !call?.measured && tokens === before; // the figures before are told again
      this.unanswered = this.midway && nothing;
      this.midway = false;
    }
    uses.note(sessionId, figures);
  }

  #noteMissingInput(model: string): void {
    if (!this.#options.uses.firstWithoutInput(model)) return;
    const text =
      `The provider of ${model} reported no input tokens, so what this costs is not known. A proxy in between may send ` +
      'them where the agent does not read them (Anthropic: in message_start alone); let it send them in message_delta too.';
    this.#options.emit({ type: 'notice', text });
  }

  #modelOf(event: JsonObject): string {
    return this.#models.get(asText(event.agent_name)) ?? (this.#own(event) ? this.#model : '');
  }

  #agentInfo(event: JsonObject): void {
    const agent = asText(event.agent_name);
    const model = asText(event.model);
    this.#models.set(agent, model);
    if (this.#mainAgent === '') this.#mainAgent = agent;
    if (agent !== this.#mainAgent) return;
    this.#useModel(model);
  }

  /** v1.32.3 introduces no agent that the conversation is handed to in mid-run; whom it introduces, that counts. */
  #teamInfo(event: JsonObject): void {
    const { available_agents: members } = event;
    for (const member of Array.isArray(members) ? members.map(asObject) : []) {
      const [name, provider, model] = [asText(member.name), asText(member.provider), asText(member.model)];
      if (provider !== '' && model !== '' && !this.#models.has(name))
        this.#models.set(name, `${provider}/${model}`);
    }
  }

  #fallback(event: JsonObject): void {
    const failed = asText(event.failed_model);
    const next = asText(event.fallback_model);
    if (next === '') return;
    if (next !== failed) {
      this.#options.emit({ type: 'notice', text: `The model ${failed} failed; ${next} goes on.` });
      this.#models.set(asText(event.agent_name) || this.#mainAgent, next);
      this.#useModel(next);
    }
  }

  #useModel(model: string): void {
    if (model === '' || model === this.#model) return;
    this.#model = model;
    this.#options.emit({ type: 'model', model });
  }

  #warning(message: string): void {
    const text = forPeople(message);
    if (text === '' || this.#warnings.has(text)) return;
    this.#warnings.add(text);
    this.#options.emit({ type: 'notice', text });
  }

  #fail(event: JsonObject): void {
    const session = asText(event.session_id);
    if (session !== '' && !this.#own(event)) return;
    this.error = providerError(asText(event.error), asText(event.code) || undefined);
  }

  #maxIterations(limit: number): void {
    this.maxIterationsReached = true;
    this.#options.onBlocked({ kind: 'rounds', rounds: limit });
  }

  #elicitation(event: JsonObject): void {
    const meta = asObject(event.meta);
    const id = asText(event.elicitation_id);
    const elicitationId = id === '' ? {} : { elicitationId: id };
    const message = forPeople(asText(event.message));
    if (meta['cagent/type'] === 'oauth_flow' || event.mode === 'url') {
      const what =
        'A tool server asked for a login, which was cancelled: give it a token in soul.yaml instead.';
      this.#options.emit({ type: 'notice', text: message === '' ? what : `${what} It asked: ${message}` });
      this.#options.onBlocked({ kind: 'login', ...elicitationId });
      return;
    }
    const title = asText(meta['cagent/title']);
    this.#options.onBlocked({
      kind: 'form',
      message,
      schema: event.schema ?? null,
      ...(title === '' ? {} : { title }),
      ...elicitationId,
    });
  }
}

/** As they are; text where they are no JSON, or where their JSON can be read in two ways. */
function wholeArguments(text: string): unknown {
  const args = text === '' ? {} : exactJson(text);
  return typeof args === 'object' && args !== null ? args : text;
}

function readArguments(text: string): unknown {
  if (text === '') return {};
  if (text.length > MAX_ARGUMENT_CHARS) return `${cutText(text, MAX_ARGUMENT_CHARS)}…`;
  return parseJson(text) ?? text;
}

function firstLine(text: string): string {
  const line =
    cutText(text, MAX_SUMMARY_CHARS * 2)
      .trimStart()
      .split('\n', 1)[0] ?? '';
  return line.length > MAX_SUMMARY_CHARS ? `${cutText(line, MAX_SUMMARY_CHARS)}…` : line;
}
