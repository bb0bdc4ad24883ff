/** Whether somebody is likely to answer a question about a turn within a moment. */
import { type TurnRow, UPKEEP } from '../store/turn-store.ts';

/** A person who wrote this lately is likely to be there. */
const PRESENT_MS = 5 * 60_000;
const BY_ITSELF: ReadonlySet<string> = new Set(['cron', 'heartbeat', 'webhook', UPKEEP]);

/** @param now in milliseconds since the epoch */
export function isAttended(turn: Pick<TurnRow, 'source' | 'createdAt'>, now: number): boolean {
  return !BY_ITSELF.has(turn.source) && now - turn.createdAt <= PRESENT_MS;
}
