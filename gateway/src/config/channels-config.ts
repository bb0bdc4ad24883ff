/**
 * Settings of the messaging channels. A token enables a channel; without one there is no channel and no error. What a
 * person could have got wrong (an owner given by name, one of two tokens missing) is an error at start that says so.
 */

import { PLATFORMS, type Platform } from '@mobyclaw/protocol/platform';
import { whatsappAuthSchema } from '@mobyclaw/protocol/whatsapp-auth';
import * as z from 'zod';

/** Only ids: a name can be given up and taken by somebody else. */
const USER_IDS: Record<Platform, { form: RegExp; write: string }> = {
  telegram: { form: /^\d{1,20}$/, write: 'the numeric id, which the bot tells a stranger who writes to it' },
  discord: { form: /^\d{15,25}$/, write: 'the user id (Developer Mode, "Copy User ID")' },
  slack: { form: /^[UW][A-Z0-9]{2,20}$/, write: 'the member id such as U012AB3CD ("Copy member ID")' },
  whatsapp: { form: /^\d{6,15}$/, write: 'the phone number with country code, digits only' },
};

const allowedUsers = (platform: Platform) =>
  z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((item) => item.trim() || []))
    .superRefine((ids, context) => {
      const { form, write } = USER_IDS[platform];
      for (const id of ids) {
        if (!form.test(id))
          context.addIssue({ code: 'custom', message: `"${id}" is not an id; write ${write}` });
      }
    });

const address = (protocols: readonly string[]) =>
  z
    .url()
    .refine(
      (url) => protocols.includes(new URL(url).protocol),
      `not an address with ${protocols.join(' or ')}`,
    )
    .transform((url) => url.replace(/\/+$/, ''))
    .optional();

export const channelsEnvironment = {
  TELEGRAM_BOT_TOKEN: z.string().optional(),
  TELEGRAM_API_ROOT: address(['http:', 'https:']),
  TELEGRAM_ALLOWED_USERS: allowedUsers('telegram'),
  DISCORD_BOT_TOKEN: z.string().optional(),
  DISCORD_API_URL: address(['http:', 'https:']),
  DISCORD_ALLOWED_USERS: allowedUsers('discord'),
  SLACK_BOT_TOKEN: z.string().optional(),
  SLACK_APP_TOKEN: z.string().optional(),
  SLACK_API_URL: address(['http:', 'https:']),
  SLACK_ALLOWED_USERS: allowedUsers('slack'),
  WHATSAPP_AUTH: whatsappAuthSchema.optional(),
  // Nothing but TLS to the real address tells that it is WhatsApp who gets the keys of the account.
  WHATSAPP_WEB_URL: address(['ws:', 'wss:']).refine(
    (url) => url === undefined || ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname),
    'only an address on this machine (127.0.0.1) is taken here',
  ),
  WHATSAPP_ALLOWED_USERS: allowedUsers('whatsapp'),
  MOBYCLAW_TRANSCRIBE_URL: address(['http:', 'https:']),
  MOBYCLAW_TRANSCRIBE_KEY: z.string().optional(),
  MOBYCLAW_TRANSCRIBE_MODEL: z.string().default('whisper-1'),
};

const channelsSchema = z.object(channelsEnvironment);

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

export interface ChannelsConfig {
  telegram: TelegramSettings | null;
  discord: DiscordSettings | null;
  slack: SlackSettings | null;
  whatsapp: WhatsAppSettings | null;
  /** Ids of the owners on each platform. */
  owners: Record<Platform, readonly string[]>;
  transcription: TranscriptionSettings | null;
}

export function toChannelsConfig(env: z.infer<typeof channelsSchema>): ChannelsConfig {
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
      telegram: env.TELEGRAM_ALLOWED_USERS,
      discord: env.DISCORD_ALLOWED_USERS,
      slack: env.SLACK_ALLOWED_USERS,
      whatsapp: env.WHATSAPP_ALLOWED_USERS,
    },
    transcription: env.MOBYCLAW_TRANSCRIBE_URL
      ? {
          url: env.MOBYCLAW_TRANSCRIBE_URL,
          key: env.MOBYCLAW_TRANSCRIBE_KEY,
          model: env.MOBYCLAW_TRANSCRIBE_MODEL,
        }
      : null,
  };
}

/** @returns why the settings contradict each other, naming the variables; null where they do not */
export function channelsConflict(env: z.infer<typeof channelsSchema>): string | null {
  if (Boolean(env.SLACK_BOT_TOKEN) === Boolean(env.SLACK_APP_TOKEN)) return null;
  const missing = env.SLACK_BOT_TOKEN ? 'SLACK_APP_TOKEN' : 'SLACK_BOT_TOKEN';
  return `${missing}: Slack needs both SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…); this one is missing`;
}

/** Platforms that are enabled. */
export function enabledPlatforms(config: ChannelsConfig): Platform[] {
  return PLATFORMS.filter((platform) => config[platform] !== null);
}
