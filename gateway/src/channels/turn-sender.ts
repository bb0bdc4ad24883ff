/**
 * Who a turn is from, as its sender is written: the name, which anybody can choose, then the id, which nobody can. What is
 * recognised by is the end alone, so a name that looks like another's id is no use to its bearer.
 */
import { plainName } from '@mobyclaw/lib/plain-name';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Sender } from './channel.ts';

export function turnSender(platform: Platform | string, { id, name }: Pick<Sender, 'id' | 'name'>): string {
  return `${plainName(name)} ${tail(platform, id)}`;
}

/** Whether `sender` of a turn is this person. */
export function isFrom(sender: string, platform: Platform | string, user: string): boolean {
  return sender.endsWith(` ${tail(platform, user)}`);
}

function tail(platform: string, user: string): string {
  return `(${platform}:${user})`;
}
