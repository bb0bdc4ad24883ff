/**
 * The settings: `.env` beside the launcher (or where MOBYCLAW_ENV_FILE says), overruled by the environment.
 * A MOBYCLAW_ name in the file that nothing reads is an error, since the owner believes that it does something.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseDuration } from '@mobyclaw/lib/duration';
import { queueModeSchema } from '@mobyclaw/protocol/prompt';
import { z } from 'zod';
import { UsageError } from './cli-error.ts';

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

const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}, 'is not a time zone; write for example Europe/Berlin or UTC');

const key = z.string().regex(/^[\x21-\x7e]+$/, 'has a blank or a character that no key has');

/** Each setting by its name; what is absent is left to the default of the part that reads it. */
const shape = {
  MOBYCLAW_HOME: folder.prefault('~/.mobyclaw'),
  MOBYCLAW_PORT: whole(1, 65_535).prefault('3000'),
  MOBYCLAW_AGENT: z.enum(['cagent', 'embedded'], 'must be cagent or embedded').optional(),
  MOBYCLAW_TZ: timeZone.prefault(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
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
  MOBYCLAW_MEMORY_BUDGET: whole(1024, 10_000_000).prefault('16384'),
  MOBYCLAW_ALLOWED_HOSTS: z
    .string()
    .regex(/^[a-z0-9.-]+(\s*,\s*[a-z0-9.-]+)*$/i, 'must be host names with commas between, without port')
    .optional(),
  MOBYCLAW_MODELS_DEV: z.enum(['online', 'offline'], 'must be online or offline').prefault('online'),
  ANTHROPIC_API_KEY: key.optional(),
  OPENAI_API_KEY: key.optional(),
  GOOGLE_API_KEY: key.optional(),
};

const settingsSchema = z.object(shape);

export type SettingName = keyof typeof shape;
export const SETTING_NAMES = Object.keys(shape) as SettingName[];
export type SettingOrigin = 'environment' | '.env' | 'default';

export interface Settings {
  values: z.infer<typeof settingsSchema>;
  origin: Record<SettingName, SettingOrigin>;
  /** For the environment of the parts: the settings that have a value, and what else the file holds. */
  environment: Record<string, string>;
  /** Path of the `.env` file, which need not exist. */
  file: string;
  /** Names in `.env` that are no settings of ours, such as another provider's key; they are handed on as they are. */
  others: string[];
}

export function envFilePath(checkout: string, env: Readonly<Record<string, string | undefined>>): string {
  return env.MOBYCLAW_ENV_FILE || join(checkout, '.env');
}

/** @throws UsageError naming each setting that is wrong and where it is set */
export function readSettings(checkout: string, env: Readonly<Record<string, string | undefined>>): Settings {
  const file = envFilePath(checkout, env);
  const fromFile = readEnvFile(file, Boolean(env.MOBYCLAW_ENV_FILE));
  const raw: Record<string, string> = {};
  const origin = {} as Record<SettingName, SettingOrigin>;
  for (const name of SETTING_NAMES) {
    const fromEnvironment = env[name];
    const value = (fromEnvironment ?? fromFile[name])?.trim();
    origin[name] = !value ? 'default' : fromEnvironment !== undefined ? 'environment' : '.env';
    if (value) raw[name] = value;
  }
  const result = settingsSchema.safeParse(raw);
  if (!result.success) {
    const lines = result.error.issues.map(({ path, message }) => {
      const name = path[0] as SettingName;
      return `${name} (${origin[name] === '.env' ? file : 'environment'}): ${message}`;
    });
    throw new UsageError(lines.join('\n'));
  }
  const others = Object.keys(fromFile).filter((name) => !(SETTING_NAMES as string[]).includes(name));
  const environment: Record<string, string> = {};
  for (const name of others) environment[name] = env[name] ?? fromFile[name] ?? '';
  for (const [name, value] of Object.entries(result.data)) {
    if (value !== undefined) environment[name] = String(value);
  }
  return { values: result.data, origin, environment, file, others };
}

function readEnvFile(file: string, mustExist: boolean): Record<string, string> {
  if (!existsSync(file)) {
    if (mustExist) throw new UsageError(`MOBYCLAW_ENV_FILE names ${file}, which does not exist.`);
    return {};
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Give yourself the right: chmod 600 ${file}`,
    );
  }
  const parsed = parseEnv(text) as Record<string, string>;
  const known = SETTING_NAMES as string[];
  for (const [index, line] of text.split('\n').entries()) {
    const name = /^\s*(?:export\s+)?(MOBYCLAW_\w*)/.exec(line)?.[1];
    if (name === undefined) continue;
    const where = `${file}, line ${index + 1}`;
    if (!known.includes(name)) {
      throw new UsageError(
        `${where}: nothing reads ${name}. Remove the line or mend the name; .env.example lists the settings.`,
      );
    }
    if (parsed[name] === undefined) throw new UsageError(`${where}: write it as ${name}=value.`);
  }
  return parsed;
}
