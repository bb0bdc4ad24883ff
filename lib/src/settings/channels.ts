import { ownerChannelSchema } from '@mobyclaw/protocol/owner-channel';
import { voiceModeSchema } from '@mobyclaw/protocol/voice';
import { whatsappAuthSchema } from '@mobyclaw/protocol/whatsapp-auth';
import { asIn, type Form, FormError, ids, key, text, url } from './forms.ts';
import type { Topic } from './setting.ts';

const token = { form: key, parts: ['gateway'], secret: true } as const;

const elsewhere = (name: string) =>
  ({
    about: `The address of ${name}, only where it is not the public one.`,
    form: url('http', 'https'),
    parts: ['gateway'],
  }) as const;

/** Nothing but TLS to the real address tells that it is WhatsApp who gets the keys of the account. */
const onThisMachine: Form<string> = (value) => {
  const address = url('ws', 'wss')(value);
  if (['127.0.0.1', 'localhost', '[::1]'].includes(new URL(address).hostname)) return address;
  throw new FormError('is not an address on this machine, such as ws://127.0.0.1:8080');
};

export const channels = {
  title: 'Channels',
  about:
    'A token switches a channel on. ALLOWED_USERS are your own ids there, with commas between; others who write to Moby get a code that you approve or not.',
  settings: {
    TELEGRAM_BOT_TOKEN: { about: 'The token of your Telegram bot, from @BotFather.', ...token },
    TELEGRAM_ALLOWED_USERS: {
      about: 'Your Telegram ids: numbers, which the bot tells a stranger.',
      form: ids(/^\d{1,20}$/, 'numbers, which the bot tells a stranger'),
      parts: ['gateway'],
    },
    TELEGRAM_API_ROOT: elsewhere("Telegram's Bot API"),
    DISCORD_BOT_TOKEN: {
      about: 'The token of your Discord bot, from discord.com/developers/applications.',
      ...token,
    },
    DISCORD_ALLOWED_USERS: {
      about: 'Your Discord ids: numbers, by "Copy User ID" in Developer Mode.',
      form: ids(/^\d{15,25}$/, 'numbers ("Copy User ID" in Developer Mode)'),
      parts: ['gateway'],
    },
    DISCORD_API_URL: elsewhere("Discord's API"),
    SLACK_BOT_TOKEN: {
      about: 'The bot token of your Slack app (xoxb-…), from api.slack.com/apps. Slack needs both tokens.',
      ...token,
    },
    SLACK_APP_TOKEN: {
      about: 'The app token of your Slack app (xapp-…), with the scope connections:write.',
      ...token,
    },
    SLACK_ALLOWED_USERS: {
      about: 'Your Slack ids, such as U012AB3CD, by "Copy member ID".',
      form: ids(/^[UW][A-Z0-9]{2,20}$/, 'such as U012AB3CD ("Copy member ID")'),
      parts: ['gateway'],
    },
    SLACK_API_URL: elsewhere("Slack's API"),
    WHATSAPP_AUTH: {
      about:
        'How WhatsApp is linked: qr, or the number of the phone for a pairing code; then ./mobyclaw channels login whatsapp, which installs Baileys and with it libsignal, which is under GPL-3.0. It is not an official interface: WhatsApp may lock accounts for it.',
      form: asIn(whatsappAuthSchema),
      parts: ['gateway'],
    },
    WHATSAPP_ALLOWED_USERS: {
      about: 'Your WhatsApp ids: phone numbers with country code, digits only.',
      form: ids(/^\d{6,15}$/, 'phone numbers with country code, digits only'),
      parts: ['gateway'],
    },
    WHATSAPP_WEB_URL: {
      about: 'The address of a server on this machine that stands in for WhatsApp, for tests.',
      form: onThisMachine,
      parts: ['gateway'],
    },
    MOBYCLAW_OWNER_CHANNEL: {
      about:
        'Where results of schedules and heartbeats go unless they name a chat: one of yours, such as telegram:dm:12345 (./mobyclaw channels pairings shows them), or web:main. Unset: where it was asked, else where you wrote last.',
      form: asIn(ownerChannelSchema),
      parts: ['gateway'],
    },
    MOBYCLAW_TRANSCRIBE_URL: {
      about:
        "What turns voice messages and recordings into text: the base address of any server with OpenAI's audio API.",
      form: url('http', 'https'),
      parts: ['gateway'],
    },
    MOBYCLAW_TRANSCRIBE_KEY: { about: 'The key of that server.', ...token },
    MOBYCLAW_TRANSCRIBE_MODEL: {
      about: 'The model that it is asked for.',
      form: text,
      default: 'whisper-1',
      parts: ['gateway'],
    },
    MOBYCLAW_VOICE: {
      about:
        'Whether answers in messengers are spoken too: auto (a voice message is answered by one), on or off. /voice changes it for a chat.',
      form: asIn(voiceModeSchema),
      default: 'auto',
      parts: ['gateway'],
    },
    MOBYCLAW_SPEECH_URL: {
      about:
        "What speaks: the base address of any server with OpenAI's audio API. Unset: espeak-ng, if it is installed where the gateway runs.",
      form: url('http', 'https'),
      parts: ['gateway'],
    },
    MOBYCLAW_SPEECH_KEY: { about: 'The key of that server.', ...token },
    MOBYCLAW_SPEECH_MODEL: {
      about: 'The model that it is asked for.',
      form: text,
      default: 'tts-1',
      parts: ['gateway'],
    },
    MOBYCLAW_SPEECH_VOICE: {
      about:
        'The voice: one of that server (alloy), or of espeak-ng (en); for that the language, such as de.',
      form: text,
      parts: ['gateway'],
    },
  },
} as const satisfies Topic;
