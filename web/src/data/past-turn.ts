/** The steps and thoughts of an answer that this page did not see come: from the events that the gateway keeps for some weeks. */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { LiveTurnEvent } from '@mobyclaw/protocol/live';
import type { MessageView } from '@mobyclaw/protocol/session';
import { OfflineError, refusal } from './api.ts';
import { EventBlocks } from './event-blocks.ts';
import { LiveTurn } from './live-turns.ts';

/** @throws ApiError, OfflineError */
export async function pastTurn({ turn, session, at }: MessageView): Promise<LiveTurn> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(`/api/turns/${encodeURIComponent(turn)}/events`, {
      credentials: 'same-origin',
      cache: 'no-store',
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new OfflineError('Moby does not answer.', { cause });
  }
  if (!response.ok) throw refusal(response.status, new TextDecoder().decode(bytes));
  const past = new LiveTurn({
    ...{ type: 'turn', turn: 0, key: turn, session, at },
    ...{ source: '', prompt: '', files: 0 },
  });
  for (const { id, event, data } of new EventBlocks().read(bytes)) {
    if (event === 'done' || event === 'error') continue; // the history has it
    past.apply({
      turn: 0,
      ...({ id: Number(id), type: event, data: JSON.parse(data) } as NumberedEvent),
    } as LiveTurnEvent);
  }
  past.lose(); // over
  return past;
}
