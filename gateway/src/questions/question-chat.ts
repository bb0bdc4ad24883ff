/**
 * The chat that a question is shown in: where the owner asked, if nobody else reads there; else the one he has chosen, else
 * the one he wrote in last. Outside the hours in which Moby is active, what he asks by himself waits without a sound.
 */
import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import { localTime } from '@mobyclaw/lib/local-time';
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { TurnRow } from '../store/turn-store.ts';

export interface ChatChoice {
  /** Milliseconds since the epoch. */
  now: number;
  timeZone: string;
  activeHours: ActiveHours;
  /** Where word for the owner goes: a chat, or a conversation that he looks into himself. */
  home: () => string;
}

/** @returns null where it is shown in no messenger */
export function questionChat(
  { session, source, guest, confined }: Pick<TurnRow, 'session' | 'source' | 'guest' | 'confined'>,
  { now, timeZone, activeHours, home }: ChatChoice,
): string | null {
  const unasked = source === 'cron' || source === 'heartbeat';
  if (unasked && !isWithin(activeHours, localTime(now, timeZone).time)) return null;
  const owners = !guest && !confined && isMessenger(session) && session.split(':')[1] === 'dm';
  const chat = owners ? session : home();
  return isMessenger(chat) ? chat : null;
}

function isWithin({ from, to }: ActiveHours, time: string): boolean {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const now = hour * 60 + minute;
  return from < to ? now >= from && now < to : now >= from || now < to;
}

function isMessenger(chat: string): boolean {
  return PLATFORMS.some((platform) => platform === platformOf(chat));
}
