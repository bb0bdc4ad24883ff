/**
 * The events of one run, as cagent words them: which carry the session, which the agent's name, which no time at all.
 * One line each, `data: <json>`, with <, > and & escaped as Go's encoder does.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { CagentEvent } from '@mobyclaw/protocol/cagent';

const WITH_SESSION: ReadonlySet<CagentEvent['type']> = new Set<CagentEvent['type']>([
  'user_message',
  'stream_started',
  'stream_stopped',
  'agent_choice',
  'agent_choice_reasoning',
  'message_added',
  'token_usage',
  'session_title',
]);
const WITHOUT_TIME: ReadonlySet<CagentEvent['type']> = new Set<CagentEvent['type']>([
  'error',
  'session_title',
  'max_iterations_reached',
  'model_fallback',
]);
const WITHOUT_AGENT: ReadonlySet<CagentEvent['type']> = new Set<CagentEvent['type']>([
  'error',
  'session_title',
  'max_iterations_reached',
  'user_message',
]);
const ZERO_TIME = '0001-01-01T00:00:00Z';

export type Emit = (event: CagentEvent) => void;

export interface EventOutput {
  write(text: string): unknown;
  readonly writable: boolean;
}

/** @param agentName who runs, of the agents in soul.yaml */
export function eventWriter(output: EventOutput, sessionId: string, agentName: string, clock: Clock): Emit {
  return (event) => {
    if (!output.writable) return; // the client has left; the run learns of it by its signal
    const timeless = WITHOUT_TIME.has(event.type);
    // A sub-agent's name itself and their session.
    const { session_id = sessionId, agent_name = agentName, ...said } = event;
    const full = {
      ...said,
      ...(WITH_SESSION.has(event.type) ? { session_id } : {}),
      ...(WITHOUT_AGENT.has(event.type) ? {} : { agent_name }),
      timestamp: timeless ? ZERO_TIME : new Date(clock.now()).toISOString(),
    };
    output.write(`data: ${escapeForGo(JSON.stringify(full))}\n\n`);
  };
}

function escapeForGo(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
