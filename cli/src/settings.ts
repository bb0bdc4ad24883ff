/**
 * The settings: `.env` beside the launcher (or where MOBYCLAW_ENV_FILE says), overruled by the environment.
 * A MOBYCLAW_ name in the file that nothing reads is an error, since the owner believes that it does something.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvText } from '@mobyclaw/lib/env-text';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import {
  defaultOf,
  isSettingName,
  readSettingValues,
  SETTING_NAMES,
  type SettingName,
  type SettingValues,
} from '@mobyclaw/lib/settings';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { systemTimeZone } from '@mobyclaw/lib/time-zone';
import { UsageError } from './cli-error.ts';
import { readTextIfThere } from './env-file.ts';
import { nearMiss } from './near-miss.ts';

export type SettingOrigin = 'environment' | '.env' | 'default';

export interface Settings {
  values: SettingValues;
  origin: Record<SettingName, SettingOrigin>;
  /** For the environment of the parts, as text: the settings that have a value, and what else the file holds. */
  environment: Record<string, string>;
  /** Path of the `.env` file, which need not exist. */
  file: string;
  /** Names in `.env` that are no settings of ours, such as another provider's key; they are handed on as they are. */
  others: string[];
  /** Lines of the file that are perhaps not what they were meant to be, each with what to do. */
  doubts: string[];
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
  if (raw.MOBYCLAW_TZ === undefined && systemTimeZone(env) === null && env.TZ) {
    throw new UsageError(
      `TZ (environment): "${env.TZ}" names no time zone that is known here. Mend it, or write MOBYCLAW_TZ=Europe/Berlin, or where you are, into ${file}.`,
    );
  }
  const { values, faults } = readSettingValues(SETTING_NAMES, raw);
  if (faults.length > 0) {
    const lines = faults.map(({ name, message }) => `${name}${placeOf(origin[name], file)}: ${message}`);
    throw new UsageError(lines.join('\n'));
  }
  for (const name of Object.keys(env)) {
    const near = name.startsWith('MOBYCLAW_') ? nearMiss(name) : null;
    if (near !== null)
      throw new UsageError(
        `${name} (environment): nothing reads it. ${meant(name)}Mend the name or unset it.`,
      );
  }
  const others = Object.keys(fromFile).filter((name) => !isSettingName(name));
  const environment: Record<string, string> = {};
  for (const name of others) environment[name] = env[name] ?? fromFile[name] ?? '';
  for (const name of SETTING_NAMES) {
    // Texts as they were read, since nobody but a shell knows ~.
    const value = values[name];
    const text = typeof value === 'string' ? value : (raw[name] ?? defaultOf(name));
    if (text !== undefined) environment[name] = text;
  }
  return { values, origin, environment, file, others, doubts: doubtsOf(others, file) };
}

function placeOf(origin: SettingOrigin, file: string): string {
  if (origin === 'default') return '';
  return ` (${origin === '.env' ? file : origin})`;
}

function meant(name: string): string {
  const near = nearMiss(name);
  return near === null ? '' : `Did you mean ${near}? `;
}

/** What is no error, since it may be meant, and is perhaps not. */
function doubtsOf(others: readonly string[], file: string): string[] {
  const misspelt = others.flatMap((name) => {
    const near = nearMiss(name);
    return near === null ? [] : [`${file}: nothing of Mobyclaw reads ${name}. Did you mean ${near}?`];
  });
  const lines = (readTextIfThere(file) ?? '').split(/\r?\n/);
  const unfinished = lines.flatMap((line, index) => {
    const name = /^\s*(?:export\s+)?(\w+)\s*=\s*(?:'[^']*[^'\\]?\\'|"[^"]*[^"\\]\\")\s*(?:#.*)?$/.exec(
      line,
    )?.[1];
    return name === undefined
      ? []
      : [
          `${file}, line ${index + 1}: the value of ${name} ends in \\ before its quote, which plain docker compose reads as unfinished. Write it without quotes.`,
        ];
  });
  return [...misspelt, ...unfinished];
}

function readEnvFile(file: string, mustExist: boolean): Record<string, string> {
  if (!existsSync(file)) {
    if (mustExist) throw new UsageError(`MOBYCLAW_ENV_FILE names ${file}, which does not exist.`);
    return {};
  }
  let text: string;
  try {
    text = ownerText(readFileSync(file));
  } catch (error) {
    if (error instanceof OwnerTextError) throw new UsageError(`${file} ${error.message}.`);
    throw new UsageError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Give yourself the right: chmod 600 ${quoted(file)}`,
    );
  }
  const parsed = parseEnvText(text);
  for (const [index, line] of text.split('\n').entries()) {
    const name = /^\s*(?:export\s+)?(MOBYCLAW_\w*)/.exec(line)?.[1];
    if (name === undefined) continue;
    const where = `${file}, line ${index + 1}`;
    if (!isSettingName(name)) {
      throw new UsageError(
        `${where}: nothing reads ${name}. ${meant(name)}Remove the line or mend the name; .env.example lists the settings.`,
      );
    }
    if (parsed[name] === undefined) throw new UsageError(`${where}: write it as ${name}=value.`);
  }
  return parsed;
}
