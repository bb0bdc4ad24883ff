/** Each setting by its name, and what it may hold; what is absent is left to the default of the part that reads it. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseDuration } from '@mobyclaw/lib/duration';
import { systemTimeZone, zoneProblem } from '@mobyclaw/lib/time-zone';
import { ownerChannelConflict, ownerChannelSchema } from '@mobyclaw/protocol/owner-channel';
import { queueModeSchema } from '@mobyclaw/protocol/prompt';
import { whatsappAuthSchema } from '@mobyclaw/protocol/whatsapp-auth';
import * as z from 'zod';

export const KEY_NAMES = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GOOGLE_API_KEY'] as const;

const whole = (least: number, most: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .refine((n) => n >= least && n <= most, `must be between ${least} and ${most}`);

const folder = z
  .string()
  .transform((path) => (path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path))
  .refine(isAbsolute, 'must be an absolute path, such as ~/.mobyclaw');

const durationOrOff = z.string().superRefine((text, context) => {
  if (text === 'off') return;
  try {
    parseDuration(text);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: `is neither "off" nor a duration: ${(error as Error).message}`,
    });
  }
});

/** Whether it is a duration, and shorter or longer than this. */
function isOutside(text: string, leastMs: number, mostMs: number): boolean {
  try {
    const ms = parseDuration(text);
    return ms < leastMs || ms > mostMs;
  } catch (error) {
    if (error instanceof RangeError) return false; // "off", or told already
    throw error;
  }
}

const timeZone = z.string().superRefine((name, context) => {
  const message = zoneProblem(name);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

const key = z.string().regex(/^[\x21-\x7e]+$/, 'has a blank or a character that no key has');

const url = (schemes: readonly string[]): z.ZodType<string> =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)),
      `is not an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    );

/** Ids only, as the gateway wants them: a name can be given up and taken by somebody else. */
const ids = (form: RegExp, write: string): z.ZodType<string> =>
  z
    .string()
    .refine(
      (text) => text.split(',').every((id) => form.test(id.trim())),
      `must be ids with commas between: ${write}`,
    );

const capOrOff = z.string().regex(/^(off|(?=.*[1-9])\d+(\.\d+)?)$/, 'is neither "off" nor a number above 0');

export const shape = {
  MOBYCLAW_HOME: folder.prefault('~/.mobyclaw'),
  MOBYCLAW_PORT: whole(1, 65_535).prefault('3000'),
  MOBYCLAW_AGENT: z.enum(['cagent', 'embedded'], 'must be cagent or embedded').optional(),
  MOBYCLAW_TZ: timeZone.prefault(() => systemTimeZone() ?? 'UTC'),
  MOBYCLAW_LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'must be trace, debug, info, warn, error or silent',
    )
    .prefault('info'),
  MOBYCLAW_MAX_TURNS: whole(1, 4096).prefault('16'),
  MOBYCLAW_QUEUE_MODE: z
    .enum(queueModeSchema.options, 'must be followup, collect or interrupt')
    .prefault('followup'),
  MOBYCLAW_QUEUE_LIMIT: whole(1, 100_000).prefault('100'),
  MOBYCLAW_RESET_IDLE: durationOrOff.prefault('off'),
  MOBYCLAW_RESET_DAILY: z
    .string()
    .regex(/^(off|([01]\d|2[0-3]):[0-5]\d)$/, 'is neither "off" nor a time such as 04:00')
    .prefault('off'),
  MOBYCLAW_HEARTBEAT_INTERVAL: durationOrOff
    .refine((text) => !isOutside(text, 60_000, 86_400_000), 'must be between 1m and 24h, or off')
    .prefault('30m'),
  MOBYCLAW_ACTIVE_HOURS: z
    .string()
    .regex(
      /^([01]?\d|2[0-3]):[0-5]\d\s*-\s*(([01]?\d|2[0-3]):[0-5]\d|24:00)$/,
      'is not a span of the day such as 08:00-23:00, or 00:00-24:00 for all of it',
    )
    .prefault('08:00-23:00'),
  MOBYCLAW_BUDGET_DAY_USD: capOrOff.prefault('off'),
  MOBYCLAW_BUDGET_MONTH_USD: capOrOff.prefault('off'),
  MOBYCLAW_BUDGET_DAY_TOKENS: capOrOff.prefault('off'),
  MOBYCLAW_BUDGET_MONTH_TOKENS: capOrOff.prefault('off'),
  MOBYCLAW_MEMORY_BUDGET: whole(1024, 10_000_000).prefault('16384'),
  MOBYCLAW_ALLOWED_HOSTS: z
    .string()
    .regex(/^[a-z0-9.-]+(\s*,\s*[a-z0-9.-]+)*$/i, 'must be host names with commas between, without port')
    .optional(),
  MOBYCLAW_MODELS_DEV: z.enum(['online', 'offline'], 'must be online or offline').prefault('online'),
  ANTHROPIC_API_KEY: key.optional(),
  OPENAI_API_KEY: key.optional(),
  GOOGLE_API_KEY: key.optional(),
  TELEGRAM_BOT_TOKEN: key.optional(),
  TELEGRAM_ALLOWED_USERS: ids(/^\d{1,20}$/, 'numbers, which the bot tells a stranger').optional(),
  TELEGRAM_API_ROOT: url(['http', 'https']).optional(),
  DISCORD_BOT_TOKEN: key.optional(),
  DISCORD_ALLOWED_USERS: ids(/^\d{15,25}$/, 'numbers ("Copy User ID" in Developer Mode)').optional(),
  DISCORD_API_URL: url(['http', 'https']).optional(),
  SLACK_BOT_TOKEN: key.optional(),
  SLACK_APP_TOKEN: key.optional(),
  SLACK_ALLOWED_USERS: ids(/^[UW][A-Z0-9]{2,20}$/, 'such as U012AB3CD ("Copy member ID")').optional(),
  SLACK_API_URL: url(['http', 'https']).optional(),
  WHATSAPP_AUTH: whatsappAuthSchema.optional(),
  WHATSAPP_ALLOWED_USERS: ids(/^\d{6,15}$/, 'phone numbers with country code, digits only').optional(),
  WHATSAPP_WEB_URL: url(['ws', 'wss']).optional(),
  MOBYCLAW_OWNER_CHANNEL: ownerChannelSchema.optional(),
  MOBYCLAW_TRANSCRIBE_URL: url(['http', 'https']).optional(),
  MOBYCLAW_TRANSCRIBE_KEY: key.optional(),
  MOBYCLAW_TRANSCRIBE_MODEL: z.string().optional(),
  MOBYCLAW_MCP_TOKEN: key.optional(),
  MOBYCLAW_AGENT_TOKEN: key.optional(),
  MOBYCLAW_CONTROL_TOKEN: key.optional(),
  MOBYCLAW_MEMORY_TOKEN: key.optional(),
  MOBYCLAW_CAPABILITY_KEY: key.optional(),
  MOBYCLAW_UID: whole(0, 4_294_967_294).optional(),
  MOBYCLAW_GID: whole(0, 4_294_967_294).optional(),
};

export const settingsSchema = z
  .object(shape)
  .refine((values) => Boolean(values.SLACK_BOT_TOKEN) === Boolean(values.SLACK_APP_TOKEN), {
    path: ['SLACK_APP_TOKEN'],
    message: 'Slack needs both, SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…)',
  })
  .superRefine((values, context) => {
    const channel = values.MOBYCLAW_OWNER_CHANNEL;
    if (channel === undefined) return;
    const message = ownerChannelConflict(channel, (name) => Boolean(values[name as SettingName]));
    if (message !== null) context.addIssue({ code: 'custom', path: ['MOBYCLAW_OWNER_CHANNEL'], message });
  });

export type SettingName = keyof typeof shape;
export const SETTING_NAMES = Object.keys(shape) as SettingName[];

/** Whether the value is told to be there and not shown. */
export function isSecret(name: string): boolean {
  return /_(API_KEY|TOKEN|TRANSCRIBE_KEY|CAPABILITY_KEY)$/.test(name);
}

/** The secrets by which the parts know each other in containers. */
export const PART_SECRETS = [
  'MOBYCLAW_MCP_TOKEN',
  'MOBYCLAW_AGENT_TOKEN',
  'MOBYCLAW_CONTROL_TOKEN',
  'MOBYCLAW_MEMORY_TOKEN',
  'MOBYCLAW_CAPABILITY_KEY',
] as const satisfies readonly SettingName[];

/** Settings of the containers; local mode makes its own secrets and runs as whoever starts it. */
export const COMPOSE_ONLY: readonly SettingName[] = [
  ...PART_SECRETS.filter((name) => name !== 'MOBYCLAW_AGENT_TOKEN'),
  'MOBYCLAW_UID',
  'MOBYCLAW_GID',
];
