/**
 * One tool call from permission to stored result, with cagent's events around it: confirmation where one is needed,
 * `tool_call` when it starts, `tool_call_response` and `message_added` when it has an answer. A call that is refused,
 * denied or unknown has a response and no start.
 */

import { wellFormed } from '@mobyclaw/lib/cut-text';
import type { ToolCall, ToolDefinition, ToolResult } from '@mobyclaw/protocol/cagent';
import type { AgentTool, ToolContext } from '../tools/tool.ts';
import type { Gate } from './gate.ts';
import type { MessageWriter } from './message-writer.ts';
import { decide, type Rules } from './permissions.ts';
import type { Emit } from './run-events.ts';

/** Categories whose tools only read as far as permissions go, and must keep their order all the same. */
const ONE_BY_ONE: ReadonlySet<string> = new Set(['transfer', 'user_prompt', 'todo', 'think']);

export interface ResumeAnswer {
  confirmation: 'approve' | 'approve-session' | 'approve-tool' | 'reject';
  reason?: string;
  tool_name?: string;
  /** The call that it answers, which cagent does not know: an answer that comes late is not taken for the next call's. */
  tool_call_id?: string;
}

export interface ToolCallsOptions {
  emit: Emit;
  writer: MessageWriter;
  gate: Gate<ResumeAnswer>;
  context: ToolContext;
  rules(): Rules;
  /** From now on every tool, or this tool, may run in this session. */
  approveSession(): void;
  approveTool(name: string): void;
}

export class ToolCalls {
  readonly #options: ToolCallsOptions;

  constructor(options: ToolCallsOptions) {
    this.#options = options;
  }

  /** Whether it may run beside others: it says that it only reads, and nobody is asked about it. */
  readsOnly({ definition }: AgentTool, input: unknown): boolean {
    if (!definition.annotations?.readOnlyHint || ONE_BY_ONE.has(definition.category ?? '')) return false;
    return decide(definition, input, this.#options.rules()).decision === 'allow';
  }

  /**
   * @param before calls whose results come first, whichever ends first
   * @throws the signal's reason where the run is cancelled; the call then has no result, as it may have acted
   */
  async run(tool: AgentTool, call: ToolCall, input: unknown, before: Promise<unknown>): Promise<ToolResult> {
    const refusal = await this.#refusal(tool.definition, call, input);
    if (refusal !== null) return this.respond(call, tool.definition, { output: refusal, isError: true });
    this.#options.emit({ type: 'tool_call', tool_call: call, tool_definition: tool.definition });
    const { context } = this.#options;
    const result = await unlessAborted(tool.call(input, context), context.signal);
    await before;
    return this.respond(call, tool.definition, result);
  }

  /** What a tool returned may be any bytes; what is stored and told is text. */
  respond(call: ToolCall, definition: ToolDefinition, returned: ToolResult): ToolResult {
    const { emit, writer } = this.#options;
    const result = wellFormed(returned);
    writer.toolResult(call, result);
    emit({
      type: 'tool_call_response',
      tool_call: call,
      tool_definition: definition,
      response: result.output ?? '',
      result,
    });
    emit({ type: 'message_added' });
    return result;
  }

  async #refusal(definition: ToolDefinition, call: ToolCall, input: unknown): Promise<string | null> {
    const { emit, gate, context, rules, approveSession, approveTool } = this.#options;
    const verdict = decide(definition, input, rules());
    if (verdict.decision === 'allow') return null;
    if (verdict.decision === 'deny') return `Tool '${definition.name}' is denied by ${verdict.by}.`;
    // Waiting before asking: no answer comes too early.
    const answer = gate.wait(context.signal, ({ tool_call_id: id }) => id === undefined || id === call.id);
    emit({ type: 'tool_call_confirmation', tool_call: call, tool_definition: definition });
    const { confirmation, reason, tool_name } = await answer;
    if (confirmation === 'reject') {
      return `The user rejected the tool call.${reason ? ` Reason: ${reason}` : ''}`;
    }
    if (confirmation === 'approve-session') approveSession();
    if (confirmation === 'approve-tool') approveTool(tool_name || definition.name);
    return null;
  }
}

/** A tool that does not heed the signal must not hold a run whose client has left. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
