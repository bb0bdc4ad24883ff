/**
 * What the attempts before this one did, from the event log and from the agent's own session: the agent may have started
 * a tool just before the gateway or the agent itself was killed. What only the agent's session told is put into the event log,
 * because that session is then deleted, and a third attempt has to know it too.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { StoredSession } from '@mobyclaw/protocol/cagent';
import type { AgentClient } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { AGENT_AWAY, awaitAgent } from './agent-wait.ts';
import type { EventLog } from './event-log.ts';
import { toolLabel } from './tool-label.ts';

const TRIES = 5; // of an agent that comes back and goes away again
const BACKOFF = { firstMs: 100, maxMs: 1000 };

export interface EarlierCall {
  id: string;
  name: string;
  /** It has no result. */
  open: boolean;
}

export interface RecallOptions {
  store: Store;
  events: EventLog;
  agent: AgentClient;
  clock: Clock;
  logger: Logger;
}

/**
 * Waits for an agent that is away: without it the turn could not go on anyway.
 * @returns names of the tools that may have acted, and whether the agent session must not be used again
 */
export async function recallEarlierAttempts(
  { store, events, agent, clock, logger }: RecallOptions,
  turn: TurnRow,
  signal: AbortSignal,
): Promise<{ tools: string[]; openToolCall: boolean }> {
  const logged = fromEventLog(store, turn.seq);
  const agentSession = store.sessions.find(turn.session)?.agentSession ?? null;
  const stored = agentSession === null ? [] : await fromAgent(agentSession);
  const calls = [...logged, ...(stored ?? [])];
  const withheld = withheldCalls(store, turn.id);
  for (const { id, name, open } of stored ?? []) {
    if (logged.some((call) => call.id === id)) continue;
    const ended = open ? { ok: false, summary: 'cut off' } : { ok: true };
    events.append(turn.seq, {
      type: 'tool',
      data: { id, name, label: toolLabel(name), phase: 'end', ...ended },
    });
  }
  return {
    tools: [...new Set(calls.filter(({ id }) => !withheld.has(id)).map(({ name }) => name))],
    openToolCall: stored === null || calls.some(({ open }) => open),
  };

  /** @returns null if the agent cannot tell; the turn then takes a new session, which is always safe */
  async function fromAgent(session: string): Promise<EarlierCall[] | null> {
    for (let failures = 1; failures <= TRIES && !signal.aborted; failures++) {
      try {
        const known = await agent.storedSession(session);
        return known ? fromAgentSession(known, turn.id) : [];
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        logger.warn({ err: error, turn: turn.id }, 'could not ask the agent what was done already');
        if (error.remedy !== 'agent-back') return null;
        await pause(clock, backoffMs(failures, BACKOFF), signal);
        const onLong = (): void => events.append(turn.seq, { type: 'notice', data: { text: AGENT_AWAY } });
        if (!(await awaitAgent(agent, clock, signal, onLong))) return null;
      }
    }
    return null;
  }
}

/** Ids of the calls that only waited to be allowed, so they have done nothing. */
function withheldCalls(store: Store, turn: string): ReadonlySet<string> {
  const used = new Set(store.questions.usesOfTurn(turn).map(({ question }) => question));
  const asked = store.questions.ofTurn(turn).filter(({ id }) => !used.has(id));
  return new Set(asked.flatMap(({ calls }) => calls));
}

export function fromEventLog(store: Store, turnSeq: number): EarlierCall[] {
  const calls = new Map<string, EarlierCall>();
  for (const { id, name, phase } of store.events.ofType(turnSeq, 'tool')) {
    calls.set(id, { id, name, open: phase !== 'end' });
  }
  return [...calls.values()];
}

/** @param turn id of the turn, which stands in its prompt; if the session has no such prompt, the run did nothing */
export function fromAgentSession(session: StoredSession, turn: string): EarlierCall[] {
  const messages = (session.messages ?? []).map(({ message }) => message);
  const lastPrompt = messages.findLastIndex(
    (message) => message.role === 'user' && JSON.stringify(message).includes(turn),
  );
  if (lastPrompt === -1) return [];
  const calls = new Map<string, EarlierCall>();
  for (const message of messages.slice(lastPrompt + 1)) {
    for (const { id = '', function: called } of message.tool_calls ?? []) {
      if (called.name) calls.set(id, { id, name: called.name, open: true });
    }
    const answered = message.role === 'tool' ? calls.get(message.tool_call_id ?? '') : undefined;
    if (answered) answered.open = false;
  }
  return [...calls.values()];
}
