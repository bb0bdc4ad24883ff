/**
 * Decides what of a conversation leaves the model's sight, and puts it on disk, in the transaction in which it does: from then on
 * it is flushed and summarised, however often we are killed.
 */
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import { MOST_RECALLED_TOKENS } from '../recall/recalled-piece.ts';
import type { CompactionWhy } from '../store/compaction-store.ts';
import type { MessageRow } from '../store/message-store.ts';
import type { Store } from '../store/store.ts';
import { carried, type Room, roomIn } from './carried.ts';
import type { Windows } from './windows.ts';

const MOST_CARRIED = 400; // messages that are looked at for what there is room for
const KEPT_WHEN_ASKED = 4; // messages: the last two exchanges
const ANSWER = { share: 0.1, most: 8000 }; // of the window, kept free for what the model says
const FLUSH = 1500; // tokens of a prompt of ours and the tools that follow it
const ENGINE_COMPACTS_AT = 0.9; // of the window; cagent does it by itself there

export interface PlannerOptions {
  store: Store;
  windows: Windows;
  compactAt: number;
}

export class Planner {
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  room(session: string): Room {
    const { store, windows, compactAt } = this.#options;
    const window = windows.of(store.contexts.modelOf(session));
    return roomIn(window.tokens, store.contexts.baseOf(session), compactAt);
  }

  /** Messages after this one are what the model has to be told, or has in sight. */
  begin(session: string): number {
    const { store } = this.#options;
    const seedFrom = store.sessions.find(session)?.seedFrom ?? 0;
    return Math.max(seedFrom, store.compactions.summary(session)?.upto ?? 0);
  }

  /** What there is room for of the exchanges before a message, oldest first. */
  carried(session: string, before?: number): MessageRow[] {
    const { store } = this.#options;
    const range = { after: this.begin(session), ...(before === undefined ? {} : { before }) };
    const messages = store.messages.recent(session, MOST_CARRIED, range);
    return carried(
      messages.filter(({ role }) => role !== 'marker'),
      this.room(session).exchanges,
    );
  }

  /** Whether its model is so full that the conversation is to be made shorter. */
  isFull(session: string): boolean {
    const { store, windows, compactAt } = this.#options;
    if (!store.sessions.find(session)?.agentSession) return false;
    const fullness = windows.fullness(store.contexts.of(session));
    return fullness !== null && fullness.share >= compactAt;
  }

  /** Whether a flush might not fit into its agent session any more. */
  isTooFull(session: string): boolean {
    const { store, windows } = this.#options;
    const fullness = windows.fullness(store.contexts.of(session));
    return fullness !== null && fullness.tokens + FLUSH > fullness.window.tokens;
  }

  /** Whether a prompt would not fit into its agent session any more. */
  overflowsWith(session: string, prompt: string): boolean {
    const { store, windows } = this.#options;
    const fullness = windows.fullness(store.contexts.of(session));
    if (fullness === null) return false;
    const { tokens, window } = fullness;
    const answer = Math.min(ANSWER.most, window.tokens * ANSWER.share);
    const most = window.tokens * ENGINE_COMPACTS_AT;
    const sent = estimateTokens(prompt) + MOST_RECALLED_TOKENS; // what is recalled comes on top, and is not known yet
    return tokens + sent + answer > most && tokens > (store.contexts.baseOf(session) ?? 0) * 2;
  }

  /**
   * Within the caller's transaction: its agent session has been, or is about to be, left.
   * @param before the first message that is not part of it, such as the one to be answered
   * @param readable whether the agent session can still be asked; else its exchanges are read from the history
   * @returns id of what is under way, also where that was so before; null where all of it stays in sight
   */
  leave(
    session: string,
    why: CompactionWhy,
    { at, before, readable, summarises = true, keep = true }: LeaveOptions,
  ): number | null {
    const { store } = this.#options;
    const row = store.sessions.find(session);
    const lastId = before === undefined ? store.messages.lastId(session) : before - 1;
    const after = this.begin(session);
    const first = keep ? this.carried(session, before)[0] : undefined;
    const upto = first === undefined ? lastId : Math.min(lastId, first.id - 1);
    // One that was cut holds calls that may never have been made, such as those of a flush that noted something.
    const isWhole = readable && !row?.takesNewAgentSession && !this.isTooFull(session);
    const agentSession = isWhole ? (row?.agentSession ?? null) : null;
    const underWay = store.compactions.openOf(session);
    const open = underWay.findLast(({ state }) => state === 'due' || state === 'failed');
    if (
      open &&
      open.agentSession !== null &&
      open.agentSession === row?.agentSession &&
      summarises === open.summarises
    ) {
      // What was about to be done beside the conversation has to be done without its agent session.
      const because = why === 'torn' ? open.why : why; // by its flush, say
      store.compactions.change(open.id, {
        why: because,
        agentSession,
        upto: Math.max(open.upto, upto),
        dueAt: at,
      });
      return open.id;
    }
    // What is under way reads its own part.
    const afterId = Math.max(after, ...underWay.map((one) => one.upto));
    if (
      upto <= afterId ||
      store.messages.recent(session, 1, { after: afterId, before: upto + 1 }).length === 0
    )
      return (summarises && underWay.findLast((one) => one.summarises)?.id) || null;
    return store.compactions.insert({
      session,
      why,
      agentSession,
      agent: row?.agent ?? null,
      afterId,
      upto,
      summarises,
      at,
    });
  }

  /** Within the caller's transaction: the engine summarised what was said before a message, in a session that goes on. */
  leftByEngine(session: string, before: number | undefined, at: number): void {
    const { store } = this.#options;
    const newest = store.compactions.newestOf(session);
    const known = newest?.why === 'engine' ? newest.upto : 0;
    const underWay = store.compactions.openOf(session).map((one) => one.upto);
    const afterId = Math.max(this.begin(session), known, ...underWay);
    const upto = before === undefined ? store.messages.lastId(session) : before - 1;
    if (store.messages.recent(session, 1, { after: afterId, before: upto + 1 }).length === 0) return;
    const agent = store.sessions.find(session)?.agent ?? null;
    const part = { agentSession: null, agent, afterId, upto, summarises: false };
    store.compactions.insert({ session, why: 'engine', ...part, at });
  }

  /** Within the caller's transaction: makes a conversation shorter that goes on meanwhile. @returns null where there is nothing to */
  shorten(session: string, why: 'full' | 'asked', at: number, wish: string | null = null): number | null {
    const { store } = this.#options;
    const row = store.sessions.find(session);
    if (!row?.agentSession || store.compactions.openOf(session).some(({ summarises }) => summarises))
      return null;
    const after = this.begin(session);
    if (store.messages.recent(session, 1, { after }).length === 0) return null;
    const upto = Math.max(after, this.shortensUpto(session, why)); // what tools brought leaves in any case
    const { agentSession, agent } = row;
    return store.compactions.insert({
      ...{ session, why, wish, agentSession, agent, afterId: after, upto },
      summarises: true,
      at,
    });
  }

  /** Which message is the last to leave the model's sight, as things stand now. */
  shortensUpto(session: string, why: CompactionWhy): number {
    const { store } = this.#options;
    const after = this.begin(session);
    const lastId = store.messages.lastId(session);
    const kept =
      why === 'asked'
        ? store.messages.recent(session, KEPT_WHEN_ASKED, { after }).filter(({ role }) => role !== 'marker')
        : this.carried(session);
    return kept[0] === undefined ? lastId : kept[0].id - 1;
  }
}

export interface LeaveOptions {
  at: number;
  before?: number;
  readable: boolean;
  /** Whether a summary takes the place of what leaves; true unless given. */
  summarises?: boolean;
  /** Whether the last exchanges stay; true unless given. */
  keep?: boolean;
}
