/**
 * Moby asked by another assistant. Clients of the protocol give a call about a minute (the TypeScript SDK 60 s), and Moby
 * may take longer: a client that follows progress hears of it all along and waits; any other gets a handle in time, comes
 * back with it, and finds the answer. Asking the same again meanwhile is the same turn, so nobody pays twice.
 */

import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { McpProgress } from '@mobyclaw/mcp/tool';
import { ToolError } from '@mobyclaw/mcp/tool';
import { endsTurn, type NumberedEvent } from '@mobyclaw/protocol/events';
import type { TurnRow } from '../store/turn-store.ts';
import { CUT_ANSWER } from '../turns/ending.ts';
import type { TurnService } from '../turns/turn-service.ts';

const PATIENCE_MS = 45_000; // below the 60 s of usual clients
const REPORT_EVERY_MS = 10_000; // often enough that no client thinks the call is dead
const KEEP_MS = 30 * 60_000; // so long after its end an answer that nobody fetched is the one to the same question
const MOST_FETCHED = 200; // remembered, so that a question asked once more after its answer is a new one

export class Asking {
  readonly #turns: TurnService;
  readonly #clock: Clock;
  /** Turns whose answer was handed out, the latest last. */
  readonly #fetched = new BoundedMap<string, true>(MOST_FETCHED);

  constructor(turns: TurnService, clock: Clock) {
    this.#turns = turns;
    this.#clock = clock;
  }

  /** @returns the answer, or where it takes too long what to do @throws ToolError saying why there is none */
  async ask(session: string, prompt: string, progress: McpProgress | null): Promise<string> {
    const before = this.#turns.askedBefore(session, prompt, KEEP_MS);
    const turn =
      before && this.#isOwed(before)
        ? before
        : (
            await this.#turns.accept({
              session,
              source: 'api',
              sender: 'assistant',
              prompt,
              attachments: [],
              queueMode: null,
            })
          ).turn;
    return this.#answerOf(turn, progress);
  }

  /** The answer to what was asked before. @throws ToolError where there is no such turn, or why there is no answer */
  result(id: string, progress: McpProgress | null): Promise<string> {
    const turn = this.#turns.find(id);
    if (turn?.sender !== 'assistant') {
      throw new ToolError(`Nothing was asked by ask_moby with the handle ${id}.`);
    }
    return this.#answerOf(turn, progress);
  }

  /** Whether whoever asked this has not had the answer yet: it still runs, or it took longer than they could wait. */
  #isOwed({ id, createdAt, finishedAt, sender }: TurnRow): boolean {
    if (sender !== 'assistant' || this.#fetched.has(id)) return false;
    return finishedAt === null || finishedAt - createdAt >= PATIENCE_MS;
  }

  async #answerOf(turn: TurnRow, progress: McpProgress | null): Promise<string> {
    const stop = progress ? this.#report(turn, progress) : null;
    const ended = this.#turns.ended(turn);
    const end = progress
      ? await ended
      : await withTimeout<NumberedEvent | null>(this.#clock, PATIENCE_MS, ended, () => null);
    stop?.();
    if (end === null) {
      return `Moby is still at it. Call ask_moby_result with turn "${turn.id}" to get the answer; asking the same again does not begin anew.`;
    }
    this.#fetched.set(turn.id, true);
    if (end.type === 'done') return end.data.cut ? `${end.data.text}\n\n(${CUT_ANSWER})` : end.data.text;
    throw new ToolError(end.type === 'error' ? end.data.message : `The turn ended with ${end.type}.`);
  }

  /** Says what Moby does, and every now and then that he does. @returns ends it */
  #report(turn: TurnRow, progress: McpProgress): () => void {
    let doing = 'Moby is at it.';
    const unfollow = this.#turns.follow(turn.id, 0, (event) => {
      if (event.type === 'tool' && event.data.phase === 'call') {
        doing = event.data.label;
        progress(doing);
      } else if (event.type === 'notice') progress(event.data.text);
      else if (endsTurn(event)) timer.cancel();
    });
    let timer = this.#clock.after(REPORT_EVERY_MS, tick);
    const clock = this.#clock;
    return () => {
      timer.cancel();
      unfollow?.();
    };

    function tick(): void {
      progress(doing);
      timer = clock.after(REPORT_EVERY_MS, tick);
    }
  }
}
