/** Settings of the messaging channels. A token enables a channel; without one there is no channel and no error. */

import type { SettingValues } from '@mobyclaw/lib/settings';
import type { channels } from '@mobyclaw/lib/settings/channels';
import { PLATFORMS, type Platform } from '@mobyclaw/protocol/platform';
import type { VoiceMode } from '@mobyclaw/protocol/voice';

export interface TelegramSettings {
  token: string;
  /** Address of a Bot API server of one's own. */
  apiRoot: string | undefined;
}

export interface DiscordSettings {
  token: string;
  apiUrl: string | undefined;
}

export interface SlackSettings {
  botToken: string;
  appToken: string;
  apiUrl: string | undefined;
}

export interface WhatsAppSettings {
  /** How the owner logs in, as given in WHATSAPP_AUTH. */
  auth: string;
  webUrl: string | undefined;
}

export interface TranscriptionSettings {
  /** Base address of an OpenAI-compatible API; `/audio/transcriptions` is added. */
  url: string;
  key: string | undefined;
  model: string;
}

export interface SpeechSettings {
  /** Base address of an OpenAI-compatible API; `/audio/speech` is added. Undefined: espeak-ng speaks. */
  url: string | undefined;
  key: string | undefined;
  model: string;
  voice: string | undefined;
}

export interface ChannelsConfig {
  telegram: TelegramSettings | null;
  discord: DiscordSettings | null;
  slack: SlackSettings | null;
  whatsapp: WhatsAppSettings | null;
  /** Ids of the owners on each platform. */
  owners: Record<Platform, readonly string[]>;
  transcription: TranscriptionSettings | null;
  speech: SpeechSettings;
  /** Where a chat says nothing else. */
  voice: VoiceMode;
}

export function toChannelsConfig(env: SettingValues<keyof typeof channels.settings>): ChannelsConfig {
  return {
    telegram: env.TELEGRAM_BOT_TOKEN
      ? { token: env.TELEGRAM_BOT_TOKEN, apiRoot: env.TELEGRAM_API_ROOT }
      : null,
    discord: env.DISCORD_BOT_TOKEN ? { token: env.DISCORD_BOT_TOKEN, apiUrl: env.DISCORD_API_URL } : null,
    slack:
      env.SLACK_BOT_TOKEN && env.SLACK_APP_TOKEN
        ? { botToken: env.SLACK_BOT_TOKEN, appToken: env.SLACK_APP_TOKEN, apiUrl: env.SLACK_API_URL }
        : null,
    whatsapp: env.WHATSAPP_AUTH ? { auth: env.WHATSAPP_AUTH, webUrl: env.WHATSAPP_WEB_URL } : null,
    owners: {
      telegram: env.TELEGRAM_ALLOWED_USERS ?? [],
      discord: env.DISCORD_ALLOWED_USERS ?? [],
      slack: env.SLACK_ALLOWED_USERS ?? [],
      whatsapp: env.WHATSAPP_ALLOWED_USERS ?? [],
    },
    transcription: env.MOBYCLAW_TRANSCRIBE_URL
      ? {
          url: env.MOBYCLAW_TRANSCRIBE_URL,
          key: env.MOBYCLAW_TRANSCRIBE_KEY,
          model: env.MOBYCLAW_TRANSCRIBE_MODEL,
        }
      : null,
    speech: {
      url: env.MOBYCLAW_SPEECH_URL,
      key: env.MOBYCLAW_SPEECH_KEY,
      model: env.MOBYCLAW_SPEECH_MODEL,
      voice: env.MOBYCLAW_SPEECH_VOICE,
    },
    voice: env.MOBYCLAW_VOICE,
  };
}

/** Platforms that are enabled. */
export function enabledPlatforms(config: ChannelsConfig): Platform[] {
  return PLATFORMS.filter((platform) => config[platform] !== null);
}
