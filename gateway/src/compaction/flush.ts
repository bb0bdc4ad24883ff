/**
 * Writes down what should last of a part of a conversation that leaves the model's sight: a hidden turn on the agent session that
 * holds it, or, where that is gone, broken or too full, hidden turns on sessions of their own that read the exchanges in pieces.
 * In whose name it writes is that of whoever asked: a guest's words go to his notes, and a webhook's nowhere.
 */

import type { Permissions } from '@mobyclaw/protocol/cagent';
import type { Asker } from '@mobyclaw/protocol/capability';
import { AgentError } from '../agent/agent-error.ts';
import type { CompactionRow } from '../store/compaction-store.ts';
import { type AskerOf, inPieces, type Said, said } from './exchanges.ts';
import type { HiddenTurns, Left } from './hidden-turns.ts';
import { flushPrompt, rawFlushPrompt } from './prompts.ts';
import type { SideSessions } from './side-sessions.ts';
import type { Upkeeper } from './upkeeper.ts';

/** Names of our memory tools, also where soul.yaml puts a name before them; all else would be asked about, and is refused. */
export const MEMORY_ALONE: Permissions = { allow: ['memory_*', '*_memory_*'], ask: ['*'] };

export interface Flushed {
  written: number;
}

/** The agent session cannot be asked; the exchanges are to be read instead. */
export class Unreadable extends Error {
  override name = 'Unreadable';
}

export interface FlushOptions {
  upkeep: Upkeeper;
  hidden: HiddenTurns;
  sessions: SideSessions;
  askerOf: AskerOf;
}

export class Flush {
  readonly #options: FlushOptions;

  constructor(options: FlushOptions) {
    this.#options = options;
  }

  /** Whether its agent session can be asked: it is there, has room for it, and holds nobody else's words. */
  isReadable({ session, agentSession, agent, afterId, flush }: CompactionRow): boolean {
    // One that was cut off has left calls there of which nobody can say whether they were made.
    if (agentSession === null || flush === 'failed') return false;
    const { store, planner } = this.#options.upkeep;
    const row = store.sessions.find(session);
    const live = row?.agentSession === agentSession;
    if (live && (row?.takesNewAgentSession || planner.isTooFull(session))) return false;
    return this.#askers({ session, agent, afterId }).size === 1;
  }

  /** Whose words its agent session holds. */
  #askers({ session, agent, afterId }: Pick<CompactionRow, 'session' | 'agent' | 'afterId'>): Set<Asker> {
    const last = this.#options.upkeep.store.messages.lastId(session);
    const askers = new Set(this.#said(session, afterId, last).map(({ asker }) => asker));
    return askers.size > 0 ? askers : new Set([agent === 'guest' || agent === 'webhook' ? agent : 'owner']);
  }

  /** @throws AgentError */
  async ofSession(
    row: CompactionRow,
    signal: AbortSignal,
    onLeft: (left: Left) => Promise<void>,
  ): Promise<Flushed> {
    const { upkeep, hidden } = this.#options;
    const { session, agentSession, agent, wish } = row;
    const [asker = 'owner'] = this.#askers(row);
    if (asker === 'webhook' || agentSession === null) return { written: 0 };
    const { written, refused } = await hidden.ask({
      session,
      agentSession,
      agentName: agent,
      asker,
      upkeep: 'memory',
      text: (turn) => flushPrompt(upkeep.head(turn, session), wish),
      signal,
      onLeft,
    });
    return judged(written, refused);
  }

  /**
   * Reads the exchanges from the history, a piece at a time; what a piece has brought is on disk before the next.
   * @throws AgentError
   */
  async ofExchanges(row: CompactionRow, signal: AbortSignal): Promise<Flushed> {
    const { upkeep } = this.#options;
    const { store } = upkeep;
    const { session, agent } = row;
    let { written } = row;
    const messages = this.#said(session, Math.max(row.afterId, row.flushedUpto), row.upto);
    for (const run of byAsker(messages)) {
      const asker = run[0]?.asker ?? 'owner';
      const pieces = asker === 'webhook' ? [] : inPieces(run, upkeep.room(session).piece);
      for (const { text, upto } of pieces) {
        written += await this.#ofPiece(row, { text, asker, agent }, signal);
        store.transaction('relaxed', () => store.compactions.change(row.id, { written, flushedUpto: upto }));
      }
    }
    return { written };
  }

  async #ofPiece(
    { session, wish }: CompactionRow,
    { text, asker, agent }: { text: string; asker: Asker; agent: string | null },
    signal: AbortSignal,
  ): Promise<number> {
    const { upkeep, hidden, sessions } = this.#options;
    const ofOwner = agent === 'guest' || agent === 'webhook' ? null : agent;
    return await sessions.with(session, MEMORY_ALONE, async (agentSession) => {
      const { written, refused } = await hidden.ask({
        session,
        agentSession,
        agentName: asker === 'owner' ? ofOwner : asker,
        asker,
        upkeep: 'memory',
        text: (turn) => rawFlushPrompt(upkeep.head(turn, session), text, wish),
        signal,
      });
      return judged(written, refused).written;
    });
  }

  #said(session: string, after: number, upto: number): Said[] {
    const { upkeep, askerOf } = this.#options;
    return said(upkeep.store, session, { after, upto }, askerOf);
  }
}

/** If all that it tried to write was refused, then nothing is written down, and there was something. */
function judged(written: number, refused: string | null): Flushed {
  if (written === 0 && refused !== null) {
    throw new AgentError('agent_failed', `The memory did not take what was to be written down: ${refused}`);
  }
  return { written };
}

/** Exchanges of one asker that follow each other. An answer is its question's. */
function byAsker(messages: readonly Said[]): Said[][] {
  const runs: Said[][] = [];
  for (const message of messages) {
    const run = runs.at(-1);
    if (run && run[0]?.asker === message.asker) run.push(message);
    else runs.push([message]);
  }
  return runs;
}
