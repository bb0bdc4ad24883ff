/**
 * The renderer of a platform. Loaded when asked for: a gateway without channels reads neither the Markdown parser nor
 * any platform's code from the disk.
 */
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Renderer } from './part.ts';

/** Keeps what it has parsed, so one renderer should serve all chats of its platform. */
export async function createRenderer(platform: Platform): Promise<Renderer> {
  switch (platform) {
    case 'telegram':
      return (await import('./telegram.ts')).createTelegramRenderer();
    case 'discord':
      return (await import('./discord.ts')).createDiscordRenderer();
    case 'slack':
      return (await import('./slack.ts')).createSlackRenderer();
    case 'whatsapp':
      return (await import('./whatsapp.ts')).createWhatsAppRenderer();
  }
}
