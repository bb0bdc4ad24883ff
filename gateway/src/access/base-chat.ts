import type { ChannelKey } from '../channels/channel.ts';

/** The chat that a topic or thread is in, as far as the key itself says it. */
export function baseChat(channel: ChannelKey): ChannelKey {
  return channel.replace(/:(topic|thread):.*$/, '');
}
