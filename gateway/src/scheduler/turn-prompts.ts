/** Background prompts as ordinary turns: in the inbox, in the lane of their session, in the history. */
import type { InboundMessage } from '../inbox/inbox.ts';
import type { ConversationReset } from '../sessions/conversation-reset.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { TurnService } from '../turns/turn-service.ts';
import type { Prompts, TurnOutcome } from './ports.ts';

export interface TurnPromptsOptions {
  store: Store;
  turns: Pick<TurnService, 'accept' | 'ended' | 'cancel'>;
  resets: ConversationReset;
  now: () => number;
}

export function turnPrompts({ store, turns, resets, now }: TurnPromptsOptions): Prompts {
  return {
    async accept({ key, session, source, prompt, notes, guest, fresh }) {
      const known = store.turns.inboxEntry(key);
      if (known) return known.turn;
      if (fresh && store.messages.lastId(session) > 0) resets.reset(session, false, now());
      const message: InboundMessage = {
        key,
        session,
        source,
        sender: 'schedule',
        prompt,
        attachments: [],
        queueMode: 'followup',
        notes,
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
