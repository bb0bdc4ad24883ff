import type { Platform } from '@mobyclaw/protocol/platform';
import type { ChannelKey } from './channel.ts';

/**
 * What a command begins with in this chat, for texts that name one: Slack keeps every text with a slash to itself, so it
 * is `!new` there. Both are understood everywhere.
 */
export function commandSign(place: ChannelKey | Platform): '/' | '!' {
  return place === 'slack' || place.startsWith('slack:') ? '!' : '/';
}
