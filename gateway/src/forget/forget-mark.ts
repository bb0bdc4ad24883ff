/** A wish to forget, as it is kept and as the stores understand it: all names that a chat or a person has had, no phrase. */
import { localTime } from '@mobyclaw/lib/local-time';
import type { ForgetMark, ForgetWish } from '@mobyclaw/protocol/forget';
import { Phrase } from '@mobyclaw/recall/phrase';
import type { Store } from '../store/store.ts';

const QUARTER_MS = 900_000; // no zone is off by less
const MOST_OFF_MS = 15 * 3_600_000;

/** The message says what to write instead. */
export class ForgetWishError extends Error {
  override name = 'ForgetWishError';
}

/** @throws ForgetWishError */
export function forgetMark(wish: ForgetWish, store: Store, timeZone: string, now: number): ForgetMark {
  const { phrase = '', conversation, person, before } = wish;
  if (conversation !== undefined) return { conversation: namesOf(conversation, store) };
  if (person !== undefined) return personMark(person, store);
  if (before !== undefined) {
    const at = beginningOf(before, timeZone);
    if (at > now) throw new ForgetWishError(`${before} is still to come. Name a day up to today.`);
    return { before, at };
  }
  const found = Phrase.of(phrase);
  if (found) return { phrase: found.mark };
  throw new ForgetWishError(
    'That is too short: it stands within half of all words. Name three letters or more.',
  );
}

function personMark(person: string, store: Store): ForgetMark {
  const at = person.indexOf(':');
  const [platform, user] = [person.slice(0, at), person.slice(at + 1)];
  const current = store.names.currentUser(platform, user);
  const known = store.access
    .people()
    .filter((one) => one.platform === platform && [user, current].includes(one.user));
  const chats = [
    ...known.map(({ channel }) => channel),
    `${platform}:dm:${user}`,
    `${platform}:dm:${current}`,
  ];
  return {
    person: [...new Set([person, `${platform}:${current}`])],
    conversation: [...new Set(chats.flatMap((chat) => namesOf(chat, store)))],
  };
}

function namesOf(conversation: string, { names }: Store): string[] {
  const current = names.current(conversation);
  return [...new Set([conversation, current, names.first(current)])];
}

/** When a day of the owner's began, in milliseconds since the epoch. */
function beginningOf(day: string, timeZone: string): number {
  let at = Date.parse(day) - MOST_OFF_MS;
  while (localTime(at, timeZone).date < day) at += QUARTER_MS;
  return at;
}
