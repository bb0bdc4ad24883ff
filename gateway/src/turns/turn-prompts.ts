/** Background prompts as ordinary turns: in the inbox, in the lane of their session, in the history. */

import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { Prompts, TurnOutcome } from '../unasked/ports.ts';
import type { ConversationReset } from './conversation-reset.ts';
import { fromEventLog } from './earlier-attempts.ts';
import type { InboundMessage } from './inbox.ts';
import { mayHaveRun } from './progress.ts';
import type { TurnService } from './turn-service.ts';

export interface TurnPromptsOptions {
  store: Store;
  turns: Pick<TurnService, 'accept' | 'ended' | 'cancel'>;
  resets: ConversationReset;
  now: () => number;
}

export function turnPrompts({ store, turns, resets, now }: TurnPromptsOptions): Prompts {
  return {
    async accept({ key, session, source, prompt, notes, guest, fresh, repeats }) {
      const known = store.turns.inboxEntry(key);
      if (known) return known.turn;
      if (fresh && store.messages.lastId(session) > 0) resets.reset(session, false, now(), 'errand');
      const message: InboundMessage = {
        key,
        session,
        source,
        sender: 'schedule',
        prompt,
        attachments: [],
        queueMode: 'followup',
        notes: [...notes, ...earlierNotes(store, repeats)],
        guest,
      };
      return (await turns.accept(message)).turn.id;
    },

    async outcome(id) {
      const turn = store.turns.find(id);
      if (!turn) return GONE;
      if (turn.finishedAt !== null) return toOutcome(turn);
      await turns.ended(turn);
      const ended = store.turns.find(id);
      return ended ? toOutcome(ended) : GONE;
    },

    cancel: (id) => {
      turns.cancel(id);
    },
  };
}

/** What the model has to know of turns that asked the same and failed. */
function earlierNotes(store: Store, keys: readonly string[]): string[] {
  const turns = keys.flatMap((key) => {
    const known = store.turns.inboxEntry(key);
    return (known && store.turns.find(known.turn)) ?? [];
  });
  if (turns.length === 0) return [];
  const tools = turns.flatMap(({ seq }) => fromEventLog(store, seq).map(({ name }) => name));
  const again = 'This was asked before, and the attempt failed; it is the same prompt again. Answer it once.';
  return tools.length === 0 ? [again] : [again, mayHaveRun(new Set(tools))];
}

const GONE: TurnOutcome = {
  state: 'failed',
  text: '',
  error: { code: 'gone', message: 'The record of this turn is no longer there.', retryable: false },
  usage: null,
};

function toOutcome(turn: TurnRow): TurnOutcome {
  const { state, answer, error, usage } = turn;
  return {
    state: state === 'done' || state === 'cancelled' ? state : 'failed',
    text: answer ?? '',
    error,
    usage,
  };
}
