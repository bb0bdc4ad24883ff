/**
 * Recall that nobody asks for: before a person's turn, the few pieces of memory and history that belong to the message.
 *
 * Never for what Moby does by himself or a webhook began; never what the prompt holds already; for a guest nothing but his own
 * conversation and its notes; in a group nothing from elsewhere, since all of them read the answer. Nobody waits for
 * it: memory has some milliseconds, and whatever fails means that nothing is recalled.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { type RecallBody, recallAnswerSchema } from '@mobyclaw/protocol/recall-answer';
import { askedBy } from '@mobyclaw/recall/unasked';
import type { PartClient } from '../parts/part-client.ts';
import type { MessageRow } from '../store/message-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { bestPieces, type RankedPiece, type RecalledPiece } from './recalled-piece.ts';
import { saidBefore } from './said-before.ts';

/** How long memory may take; the model is asked without it then. */
export const MEMORY_WAITS_MS = 5;
const MOST_SESSIONS = 1000;
/** Where people write. */
const BY_PEOPLE: ReadonlySet<string> = new Set([...PLATFORMS, 'cli', 'web', 'api']);
const GROUP = /^[a-z]+:(?:group|channel):/;

export interface UnaskedRecallOptions {
  store: Store;
  memory: PartClient | null;
  /** By the owner's setting. */
  isOn: boolean;
  clock: Clock;
  timeZone: string;
  logger: Logger;
}

export interface MessageAsked {
  /** The person's own words. */
  text: string;
  agentSession: string;
  /** The agent session begins with this message. */
  fresh: boolean;
  /** Messages that stand in front of it anyway. */
  told: readonly Pick<MessageRow, 'id'>[];
}

/** What an agent session holds of its conversation, as far as this process knows. */
interface Held {
  /** Id of the first message of the conversation in it. */
  from: number;
  /** Pieces that were put into it, and by which turn: another attempt of that one is told them again. */
  shown: Map<string, string>;
}

export class UnaskedRecall {
  readonly #options: UnaskedRecallOptions;
  readonly #held = new BoundedMap<string, Held>(MOST_SESSIONS);

  constructor(options: UnaskedRecallOptions) {
    this.#options = options;
  }

  /** @returns the best first, at most some 300 tokens; never rejects */
  async before(turn: TurnRow, message: MessageAsked): Promise<RecalledPiece[]> {
    if (!this.#options.isOn || !isByPerson(turn)) return [];
    const asked = askedBy(message.text);
    if (asked === null) return [];
    const held = this.#heldIn(turn, message);
    const remembered = this.#remembered(turn, asked);
    const pieces = [...this.#said(turn, asked, held, message), ...(await remembered)];
    const known = ({ place, text }: RecalledPiece): boolean =>
      (held.shown.get(`${place} ${text}`) ?? turn.id) !== turn.id;
    const best = bestPieces(pieces.filter((piece) => !known(piece)));
    const chosen = new Set(best.map(({ place }) => place));
    for (const { place, text } of pieces) if (chosen.has(place)) held.shown.set(`${place} ${text}`, turn.id);
    return best;
  }

  #heldIn(turn: TurnRow, { agentSession, fresh, told }: MessageAsked): Held {
    const { store } = this.#options;
    const known = this.#held.get(agentSession);
    if (known && !fresh) return known;
    const first = store.messages.firstOfTurn(turn.session, turn.id)?.id ?? Number.MAX_SAFE_INTEGER;
    // If the session is older than this process, then all since the conversation began anew may be in it.
    const from = fresh
      ? Math.min(first, ...told.map(({ id }) => id))
      : (store.sessions.find(turn.session)?.seedFrom ?? 0) + 1;
    const held = { from, shown: new Map<string, string>() };
    this.#held.set(agentSession, held);
    return held;
  }

  #said(turn: TurnRow, asked: string, held: Held, { told }: MessageAsked): RankedPiece[] {
    const { store, clock, timeZone, logger } = this.#options;
    const own = store.names.current(turn.session);
    const inPrompt = new Set(told.map(({ id }) => id));
    try {
      return saidBefore(store, {
        asked,
        session: turn.guest || GROUP.test(own) ? own : null,
        isKnown: ({ id, session }) =>
          inPrompt.has(id) || (id >= held.from && store.names.current(session) === own),
        maySee: ({ source, confined }) => BY_PEOPLE.has(source) && !confined,
        now: clock.now(),
        timeZone,
      });
    } catch (error) {
      logger.error({ err: error, turn: turn.id }, 'history could not be looked at before a turn');
      return [];
    }
  }

  /** If memory is slow, away or of another version, then the turn goes on without it. */
  async #remembered(turn: TurnRow, asked: string): Promise<RankedPiece[]> {
    const { memory, clock, store } = this.#options;
    if (memory === null || (!turn.guest && GROUP.test(turn.session))) return [];
    const ending = new AbortController();
    const body: RecallBody = { text: asked, guestOf: turn.guest ? store.names.first(turn.session) : null };
    const answer = memory.request('POST', '/recall', { body, signal: ending.signal });
    await Promise.resolve(); // the caller looks through the history first, while memory works
    const inTime = await new Promise<Awaited<typeof answer>>((resolve) => {
      const timer = clock.after(MEMORY_WAITS_MS, () => {
        resolve(null);
        ending.abort();
      });
      void answer.then((value) => {
        timer.cancel();
        resolve(value);
      });
    });
    const read = recallAnswerSchema.safeParse(inTime?.body);
    if (inTime?.status !== 200 || !read.success) return [];
    return read.data.pieces.map(({ file, line, at, speaker, guest, text, rank }) => ({
      place: [`${file}:${line}`, at, whoSaid(speaker, guest)].filter((part) => part !== null).join(', '),
      text,
      rank,
    }));
  }
}

/** Neither Moby himself nor a program. */
function isByPerson({ source, confined }: TurnRow): boolean {
  return BY_PEOPLE.has(source) && !confined;
}

function whoSaid(speaker: string | null, guest: boolean): string | null {
  if (guest) return speaker === null ? 'a guest' : `the guest ${JSON.stringify(speaker)}`;
  return speaker;
}
