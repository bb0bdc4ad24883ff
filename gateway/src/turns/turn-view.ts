import type { TurnView } from '@mobyclaw/protocol/turn';
import type { TurnRow } from '../store/turn-store.ts';

/** @param position turns of the session ahead of it */
export function toTurnView(turn: TurnRow, position: number): TurnView {
  return {
    turn: turn.id,
    session: turn.session,
    source: turn.source,
    state: turn.state,
    attempt: turn.attempt,
    ...(turn.state === 'queued' ? { position } : {}),
    createdAt: new Date(turn.createdAt).toISOString(),
    ...(turn.startedAt === null ? {} : { startedAt: new Date(turn.startedAt).toISOString() }),
    ...(turn.finishedAt === null ? {} : { finishedAt: new Date(turn.finishedAt).toISOString() }),
    ...(turn.answer === null ? {} : { text: turn.answer }),
    ...(turn.cut ? { cut: true as const } : {}),
    ...(turn.usage === null ? {} : { usage: turn.usage }),
    ...(turn.error === null ? {} : { error: turn.error }),
    ...(turn.mergedInto === null ? {} : { mergedInto: turn.mergedInto }),
  };
}
