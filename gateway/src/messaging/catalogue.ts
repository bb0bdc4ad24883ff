/**
 * Which channels there are and how each is loaded. An adapter and its library are read from the disk when its channel
 * is enabled and not before.
 */

import type { Platform } from '@mobyclaw/protocol/platform';
import type { Channel, ChannelHost } from '../channels/channel.ts';
import type { ChannelsConfig } from '../config/channels-config.ts';

/** Makes one unconnected channel. */
export type OpenChannel = (host: ChannelHost) => Channel;

/** @returns how to make channels of this platform, or null where it is not enabled */
export async function loadChannel(platform: Platform, config: ChannelsConfig): Promise<OpenChannel | null> {
  switch (platform) {
    case 'telegram': {
      const settings = config.telegram;
      if (!settings) return null;
      const { createTelegramChannel } = await import('../channels/telegram/index.ts');
      return (host) => createTelegramChannel(settings, host);
    }
    case 'discord': {
      const settings = config.discord;
      if (!settings) return null;
      const { createDiscordChannel } = await import('../channels/discord/index.ts');
      const owners = config.owners.discord;
      return (host) => createDiscordChannel({ ...settings, owners }, host);
    }
    case 'slack': {
      const settings = config.slack;
      if (!settings) return null;
      const { createSlackChannel } = await import('../channels/slack/index.ts');
      return (host) => createSlackChannel(settings, host);
    }
    case 'whatsapp': {
      const settings = config.whatsapp;
      if (!settings) return null;
      const { createWhatsAppChannel } = await import('../channels/whatsapp/index.ts');
      return (host) => createWhatsAppChannel(settings, host);
    }
  }
}
