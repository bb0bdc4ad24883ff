/**
 * Runs prompts of our own at the agent, for upkeep. Such a turn has a row, so that its capability holds and its costs count, and
 * shows nowhere else: it is in no lane, no history and no stream. What it may use is bounded by its capability and, where the
 * engine has them, by permissions of the agent session; what would be asked of the owner is refused.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Asker, Upkeep } from '@mobyclaw/protocol/capability';
import { IDENTITY_HEADERS } from '@mobyclaw/protocol/identity';
import type { AgentClient, RunEvent } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { Budget } from '../budget/budget.ts';
import type { Pricing } from '../budget/pricing.ts';
import { type CallUsage, UsageMeter } from '../budget/usage-meter.ts';
import { ModelChoice } from '../models/model-choice.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import { type TurnRow, UPKEEP } from '../store/turn-store.ts';
import type { ContextEvent } from './gauge.ts';

const NOT_ALREADY = /nothing was added/; // memory's word for what stands there
const WRITES = /(^|_)memory_(append|log|edit)$/;

export interface HiddenTurnsOptions {
  store: Store;
  agent: AgentClient;
  issue: (turn: TurnRow, run: number, upkeep: Upkeep) => string;
  budget: Budget | null;
  pricing: Pricing;
  /** Its capability is refused from now on. */
  onEnded: (turn: string) => void;
  clock: Clock;
  logger: Logger;
}

export interface HiddenPrompt {
  session: string;
  agentSession: string;
  /** Of soul.yaml; null: root. */
  agentName: string | null;
  asker: Asker;
  upkeep: Upkeep;
  /** @param turn its id */
  text: (turn: string) => string;
  signal: AbortSignal;
  /** Is told once what its agent session is left like, however the turn ends. */
  onLeft?: (left: Left) => Promise<void>;
}

/** What an agent session is left like. */
export interface Left {
  /** What was sent. */
  text: string;
  /** A tool call has no result, so the provider may refuse the next prompt. */
  openToolCall: boolean;
  /** How full it was at the first and at the last call of the model; null where none was answered. */
  contexts: { first: ContextEvent; last: ContextEvent } | null;
}

export interface HiddenAnswer {
  /** Its id. */
  turn: string;
  text: string;
  /** Entries that it wrote into the memory. */
  written: number;
  /** Why a tool that should have written did not. */
  refused: string | null;
}

export class HiddenTurns {
  readonly #options: HiddenTurnsOptions;
  /** That run in this process. */
  readonly #ours = new Set<string>();

  constructor(options: HiddenTurnsOptions) {
    this.#options = options;
  }

  /** Those of a process before end: what they were for is still on disk, and is begun again. */
  async endAbandoned(): Promise<void> {
    const { store, logger } = this.#options;
    try {
      for (const turn of store.turns.inUpkeep()) {
        if (this.#ours.has(turn.id)) continue;
        const meter = new UsageMeter();
        for (const call of store.events.ofType(turn.seq, 'usage')) meter.add(call);
        await this.#end(turn, meter, new AgentError('cancelled', 'It was cut off.'));
      }
    } catch (error) {
      logger.error({ err: error }, 'upkeep that was cut off is accounted for at the next start');
    }
  }

  /** @throws AgentError where there was no whole answer; `cancelled` by the signal */
  async ask({
    session,
    agentSession,
    agentName,
    asker,
    upkeep,
    text: textFor,
    signal,
    onLeft,
  }: HiddenPrompt): Promise<HiddenAnswer> {
    const { agent, issue, budget } = this.#options;
    await budget?.refresh();
    const refusal = budget?.refusal({ source: UPKEEP }) ?? null;
    if (refusal !== null) throw new AgentError('budget_exceeded', refusal);
    if (signal.aborted) throw new AgentError('cancelled', 'The upkeep was put off.');
    const turn = this.#begin(session, asker);
    const cut = new AbortController();
    const models = new ModelChoice(this.#options.store, agent);
    const meter = new UsageMeter();
    const tools = new Writes();
    const text = textFor(turn.id);
    let contexts = null as Left['contexts'];
    let over: string | null = null;
    let calls = 0;
    try {
      const model = await models.forRun(turn, agentName); // what its conversation is answered with can read it whole
      const outcome = await agent.run(
        {
          sessionId: agentSession,
          ...(agentName === null ? {} : { agentName }),
          ...(model === undefined ? {} : { model }),
          text,
          identity: {
            [IDENTITY_HEADERS.session]: session,
            [IDENTITY_HEADERS.turn]: issue(turn, 1, upkeep),
            [IDENTITY_HEADERS.channel]: session,
            [IDENTITY_HEADERS.sender]: turn.sender,
          },
        },
        (event) => {
          tools.note(event);
          if (event.type === 'context') contexts = { first: contexts?.first ?? event, last: event };
          if (event.type !== 'usage') return;
          const { type: _, ...call } = event;
          meter.add(call);
          this.#keep(turn, ++calls, call);
          over = budget?.note(turn.id, call, { source: UPKEEP }).stop ?? null;
          if (over !== null) cut.abort();
        },
        AbortSignal.any([signal, cut.signal]),
      );
      const openToolCall = outcome.kind !== 'completed' && outcome.openToolCall;
      await onLeft?.({ text, openToolCall, contexts });
      if (over !== null) throw new AgentError('budget_exceeded', over);
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind === 'stopped') throw new AgentError('cancelled', 'The upkeep was put off.');
      await this.#end(turn, meter, null);
      return { turn: turn.id, text: outcome.text, written: tools.written, refused: tools.refused };
    } catch (error) {
      await this.#end(turn, meter, error);
      throw error;
    } finally {
      this.#ours.delete(turn.id);
      budget?.settled(turn.id);
      this.#options.onEnded(turn.id);
    }
  }

  #begin(session: string, asker: Asker): TurnRow {
    const { store, clock } = this.#options;
    const id = uuidv7();
    this.#ours.add(id);
    store.transaction('relaxed', () =>
      store.turns.beginUpkeep({
        id,
        session,
        source: UPKEEP,
        sender: 'moby',
        prompt: '',
        attachments: [],
        queueMode: null,
        guest: asker === 'guest',
        confined: asker === 'webhook',
        createdAt: clock.now(),
      }),
    );
    return store.turns.find(id) as TurnRow;
  }

  /** What a call has cost is on disk at once, as a kill may come before the turn ends. */
  #keep(turn: TurnRow, id: number, call: CallUsage): void {
    const { store, logger } = this.#options;
    const row = { turn: turn.seq, id, type: 'usage', data: JSON.stringify(call) };
    try {
      store.transaction('relaxed', () => store.events.insert([row]));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error, turn: turn.id }, 'what upkeep has cost is stored when it ends');
    }
  }

  async #end(turn: TurnRow, meter: UsageMeter, error: unknown): Promise<void> {
    const { store, pricing, clock } = this.#options;
    const usage = await pricing.total(meter);
    const failed =
      error === null
        ? null
        : error instanceof AgentError
          ? { code: error.code, message: error.message, retryable: true }
          : { code: 'internal', message: String(error), retryable: true };
    store.transaction('relaxed', () =>
      store.turns.finish(turn.id, {
        state: failed === null ? 'done' : 'failed',
        finishedAt: clock.now(),
        answer: null,
        error: failed,
        usage,
      }),
    );
  }
}

/** What a run did with the memory. */
class Writes {
  written = 0;
  refused: string | null = null;

  note(event: RunEvent): void {
    if (event.type !== 'tool' || event.phase !== 'end' || !WRITES.test(event.name)) return;
    if (!event.ok) this.refused = event.summary ?? 'the tool failed';
    else if (!NOT_ALREADY.test(event.summary ?? '')) this.written++;
  }
}
