/** The messaging channels that init can set up: where each token comes from, and how the owner is told from strangers. */
import type { SettingName } from '@mobyclaw/lib/settings';

export const CHANNELS = ['telegram', 'discord', 'slack', 'whatsapp'] as const;

export type ChannelName = (typeof CHANNELS)[number];

export interface ChannelToken {
  name: SettingName;
  label: string;
  /** Hidden as it is typed. */
  secret: boolean;
  form: RegExp;
  /** What is wrong with a value of another form. */
  problem: string;
}

export interface ChannelInfo {
  title: string;
  /** Steps to the token, one a line. */
  hint: readonly string[];
  tokens: readonly ChannelToken[];
  users: SettingName;
  /** How one's own id is found. */
  usersHint: string;
}

const ANY = /^[\x21-\x7e]+$/;

export const CHANNEL_INFO: Record<ChannelName, ChannelInfo> = {
  telegram: {
    title: 'Telegram',
    hint: ['In Telegram write /newbot to @BotFather. He answers with the token.'],
    tokens: [
      {
        name: 'TELEGRAM_BOT_TOKEN',
        label: 'Bot token',
        secret: true,
        form: /^\d+:[\w-]+$/,
        problem: 'A bot token looks like 123456789:AbC…',
      },
    ],
    users: 'TELEGRAM_ALLOWED_USERS',
    usersHint:
      'Your numeric id; @userinfobot tells it. Left empty, the bot gives you a code to approve here.',
  },
  discord: {
    title: 'Discord',
    hint: [
      'discord.com/developers/applications → New Application → Bot → Reset Token.',
      'Switch on "Message Content Intent" there, and invite the bot by OAuth2 → URL Generator (scope bot).',
    ],
    tokens: [
      {
        name: 'DISCORD_BOT_TOKEN',
        label: 'Bot token',
        secret: true,
        form: ANY,
        problem: 'A token has no blanks.',
      },
    ],
    users: 'DISCORD_ALLOWED_USERS',
    usersHint:
      'Your user id: Settings → Advanced → Developer Mode, then right click on yourself → Copy User ID.',
  },
  slack: {
    title: 'Slack',
    hint: [
      'api.slack.com/apps → Create New App. Socket Mode on gives the app token (xapp-…, scope connections:write);',
      'OAuth & Permissions → Install gives the bot token (xoxb-…).',
    ],
    tokens: [
      {
        name: 'SLACK_BOT_TOKEN',
        label: 'Bot token',
        secret: true,
        form: /^xoxb-\S+$/,
        problem: 'A bot token begins with xoxb-',
      },
      {
        name: 'SLACK_APP_TOKEN',
        label: 'App token',
        secret: true,
        form: /^xapp-\S+$/,
        problem: 'An app token begins with xapp-',
      },
    ],
    users: 'SLACK_ALLOWED_USERS',
    usersHint: 'Your member id, such as U012AB3CD: your profile → ⋮ → Copy member ID.',
  },
  whatsapp: {
    title: 'WhatsApp',
    hint: [
      'Moby becomes a linked device of a phone. Write qr, and scan the code that ./mobyclaw channels shows after the',
      'start; or the number of that phone with country code, and type the code that is shown into it.',
    ],
    tokens: [
      {
        name: 'WHATSAPP_AUTH',
        label: 'qr, or the number of the phone',
        secret: false,
        form: /^(qr|\+?\d{6,15})$/,
        problem: 'Write qr, or a number with country code such as 491701234567.',
      },
    ],
    users: 'WHATSAPP_ALLOWED_USERS',
    usersHint: 'Your own number with country code, digits only.',
  },
};
