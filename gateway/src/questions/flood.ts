/**
 * How many questions reach the owner. A web page or a guest can bring a model to ask without end, and who is asked without end
 * says yes in the end; so what is too much is refused, and nobody is asked.
 */
import type { Asker } from '@mobyclaw/protocol/capability';
import type { QuestionStore } from '../store/question-store.ts';
import type { TurnRow } from '../store/turn-store.ts';

const HOUR_MS = 3_600_000;
/** Of one turn: of a person who waits for it, and of what came by itself. A form may have twenty fields. */
const MOST_OF_TURN = { person: 60, itself: 25 };
/** Of all guests in an hour, and of all webhooks. */
const MOST_OF_OTHERS = 25;
const BY_ITSELF: ReadonlySet<string> = new Set(['cron', 'heartbeat']);

/** What the model is told. */
export const TOO_MANY =
  'The owner has been asked too much already, so it is refused without asking him. Go on without it and say so; do not ask again.';

export class TooManyQuestions extends Error {
  override name = 'TooManyQuestions';
}

/** @param at now, in milliseconds since the epoch. @throws TooManyQuestions where one more is not to be asked */
export function mustBeFew(
  questions: Pick<QuestionStore, 'ofTurn' | 'countAsked'>,
  { turn, asker, at }: { turn: Pick<TurnRow, 'id' | 'source'>; asker: Asker; at: number },
): void {
  const byItself = asker !== 'owner' || BY_ITSELF.has(turn.source);
  const most = byItself ? MOST_OF_TURN.itself : MOST_OF_TURN.person;
  if (questions.ofTurn(turn.id).length >= most) {
    throw new TooManyQuestions(`a turn has asked ${most} questions; what else it wants is refused`);
  }
  if (asker !== 'owner' && questions.countAsked(asker, at - HOUR_MS) >= MOST_OF_OTHERS) {
    throw new TooManyQuestions(
      `${asker}s have asked ${MOST_OF_OTHERS} questions within an hour; what else they want is refused`,
    );
  }
}
