/**
 * What is true of every stream of cagent's run route, whichever agent sent it. The recordings of a real cagent and the
 * live streams of the embedded agent are read by this one set of rules.
 */
import type { CagentEvent, ToolCall } from '@mobyclaw/protocol/cagent';

export interface StreamFacts {
  /** The client, a kill or a shutdown cut the stream: it has no end. */
  cut: boolean;
}

type Wire = CagentEvent & Record<string, unknown>;

/** Fields that a type of event always has, besides `type` and `timestamp`. */
const FIELDS: Record<string, readonly string[]> = {
  agent_info: ['agent_name', 'model', 'description'],
  team_info: ['agent_name', 'available_agents', 'current_agent'],
  mcp_init_started: ['agent_name'],
  mcp_init_finished: ['agent_name'],
  toolset_info: ['agent_name', 'available_tools', 'loading'],
  user_message: ['message', 'session_id', 'session_position'],
  stream_started: ['agent_name', 'session_id'],
  stream_stopped: ['agent_name', 'session_id'],
  agent_choice: ['agent_name', 'content', 'session_id'],
  agent_choice_reasoning: ['agent_name', 'content', 'session_id'],
  partial_tool_call: ['agent_name', 'tool_call', 'tool_definition'],
  tool_call: ['agent_name', 'tool_call', 'tool_definition'],
  tool_call_confirmation: ['agent_name', 'tool_call', 'tool_definition'],
  tool_call_response: ['agent_name', 'tool_call', 'tool_definition', 'response', 'result'],
  message_added: ['agent_name', 'session_id'],
  token_usage: ['agent_name', 'session_id', 'usage'],
  session_title: ['session_id', 'title'],
  warning: ['agent_name', 'message'],
  error: ['error'],
  model_fallback: ['failed_model', 'fallback_model', 'reason', 'attempt', 'max_attempts'],
  max_iterations_reached: ['max_iterations'],
  elicitation_request: ['message'],
  agent_switching: ['switching'],
  sub_session_completed: ['parent_session_id', 'sub_session'],
  session_compaction: ['session_id', 'status'],
  session_summary: ['session_id', 'summary'],
};

const TIMELESS = new Set(['error', 'session_title', 'max_iterations_reached', 'model_fallback']);
const BEFORE_START = new Set([
  'agent_info',
  'team_info',
  'warning',
  'mcp_init_started',
  'mcp_init_finished',
  'toolset_info',
  'session_title',
]);

/** @returns what is wrong, one line each; empty where all is as it should be */
export function violations(events: readonly CagentEvent[], { cut }: StreamFacts): string[] {
  const problems: string[] = [];
  const own = ownEvents(events as readonly Wire[]);
  const rules = [fields, opening, ending, toolPairs, partialCalls, messageBoundaries, toolListing];
  for (const rule of rules)
    rule({ all: events as readonly Wire[], own, cut, report: (text) => problems.push(text) });
  return problems;
}

interface Check {
  all: readonly Wire[];
  /** Without the streams of sub-agents within this one. */
  own: readonly Wire[];
  cut: boolean;
  report(problem: string): void;
}

function ownEvents(events: readonly Wire[]): Wire[] {
  const session = events.find((event) => event.type === 'user_message')?.session_id;
  let depth = 0;
  return events.filter((event) => {
    if (event.type === 'stream_started' && event.session_id !== session) depth++;
    const mine = depth === 0;
    if (event.type === 'stream_stopped' && event.session_id !== session) depth--;
    return mine;
  });
}

function fields({ all, report }: Check): void {
  for (const event of all) {
    const wanted = FIELDS[event.type];
    if (!wanted) report(`unknown event type ${event.type}`);
    for (const name of wanted ?? []) if (event[name] === undefined) report(`${event.type} has no ${name}`);
    const time = String(event.timestamp);
    const zero = time === '0001-01-01T00:00:00Z';
    if (zero !== TIMELESS.has(event.type)) report(`${event.type} has the timestamp ${time}`);
    if (!zero && Number.isNaN(Date.parse(time))) report(`${event.type} has the timestamp ${time}`);
    if (event.type === 'user_message' && event.agent_name) report('user_message names an agent');
  }
}

function opening({ own, report }: Check): void {
  const warnings = own.findIndex((event) => event.type !== 'warning');
  const first = own.slice(Math.max(0, warnings)).filter((event) => event.type !== 'warning');
  if (first[0]?.type !== 'agent_info') report(`the stream begins with ${first[0]?.type}`);
  if (first[1]?.type !== 'team_info') report(`after agent_info comes ${first[1]?.type}`);
  const types = own.map((event) => event.type);
  const user = types.indexOf('user_message');
  if (user < 0 || types[user + 1] !== 'stream_started') report('stream_started does not follow user_message');
  for (const type of types.slice(0, user)) if (!BEFORE_START.has(type)) report(`${type} before user_message`);
}

function ending({ own, cut, report }: Check): void {
  const started = own.filter((event) => event.type === 'stream_started').length;
  const stopped = own.filter((event) => event.type === 'stream_stopped').length;
  if (started !== 1) report(`${started} stream_started`);
  if (cut) {
    if (stopped !== 0) report('a cut stream has stream_stopped');
    return;
  }
  if (stopped !== 1) report(`${stopped} stream_stopped`);
  const last = own.at(-1)?.type;
  if (last !== 'stream_stopped' && last !== 'session_title') report(`the stream ends with ${last}`);
  const failed = own.findIndex((event) => event.type === 'error');
  if (failed >= 0 && own[failed + 1]?.type !== 'stream_stopped')
    report('something comes between error and stream_stopped');
}

function toolPairs({ all, cut, report }: Check): void {
  const open = new Map<string, number>();
  const answered = new Set<string>();
  for (const event of all) {
    const id = (event as { tool_call?: ToolCall }).tool_call?.id ?? '';
    if (event.type === 'tool_call') {
      if (answered.has(id)) report(`tool_call ${id} after its response`);
      open.set(id, 1);
      if (!isJson(event.tool_call.function.arguments)) report(`the arguments of ${id} are no JSON`);
      if (event.tool_definition?.name !== event.tool_call.function.name)
        report(`${id} has the definition of another tool`);
    }
    if (event.type === 'tool_call_response') {
      open.delete(id);
      if (answered.has(id)) report(`two responses to ${id}`);
      answered.add(id);
      if (event.response !== event.result?.output) report(`response and result of ${id} differ`);
    }
  }
  if (!cut) for (const id of open.keys()) report(`${id} has no response`);
}

function partialCalls({ all, report }: Check): void {
  const seen = new Map<string, string>();
  for (const event of all) {
    if (event.type === 'partial_tool_call') {
      const id = event.tool_call?.id ?? '';
      const text = event.tool_call?.function.arguments ?? '';
      const before = seen.get(id);
      if (before === undefined && text !== '') report(`the first partial_tool_call of ${id} has arguments`);
      if (before !== undefined && !text.startsWith(before))
        report(`the arguments of ${id} are not cumulative`);
      if (!event.tool_definition) report(`partial_tool_call of ${id} has no definition`);
      seen.set(id, text);
    }
    if (event.type === 'tool_call' || event.type === 'tool_call_response') {
      const id = event.tool_call?.id ?? '';
      const last = seen.get(id);
      if (last === undefined) report(`${id} was not announced by partial_tool_call`);
      else if (last !== (event.tool_call?.function.arguments ?? ''))
        report(`${id} runs with other arguments than announced`);
    }
  }
}

/** Text is closed by message_added before tools run, and each tool's result has a message_added of its own. */
function messageBoundaries({ own, cut, report }: Check): void {
  let open = false;
  for (const [index, event] of own.entries()) {
    const next = own[index + 1]?.type;
    if (event.type === 'agent_choice' || event.type === 'partial_tool_call') open = true;
    if (event.type === 'message_added') open = false;
    if (event.type === 'tool_call' && open) report('a tool runs before its message was added');
    if (event.type === 'tool_call_response' && next !== 'message_added' && !(cut && next === undefined)) {
      report(`after a tool's response comes ${next}`);
    }
    if (event.type === 'token_usage') {
      const { usage } = event;
      for (const field of [
        'input_tokens',
        'output_tokens',
        'context_length',
        'context_limit',
        'cost',
      ] as const) {
        if (typeof usage?.[field] !== 'number') report(`token_usage has no ${field}`);
      }
    }
  }
  const failed = own.some((event) => event.type === 'error');
  if (open && !cut && !failed) report('the last message was not added');
}

/** Tools are listed at the start and before every model call. */
function toolListing({ own, report }: Check): void {
  const listed = own.filter((event) => event.type !== 'session_title'); // arrives at any place
  for (const [index, event] of listed.entries()) {
    if (event.type === 'mcp_init_started' && listed[index + 1]?.type !== 'mcp_init_finished')
      report('mcp_init_started is alone');
    if (event.type === 'mcp_init_finished' && listed[index + 1]?.type !== 'toolset_info')
      report('no toolset_info after mcp_init');
  }
}

function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
