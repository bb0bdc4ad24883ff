/**
 * What there is when init begins, and what it will write at its end. Nothing is written before the last question has
 * been answered, so leaving in the middle changes nothing.
 */
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseEnvText } from '@mobyclaw/lib/env-text';
import { isSettingName, type SettingName } from '@mobyclaw/lib/settings';
import { folderFault, forbiddenPlaces } from '@mobyclaw/lib/workspace-folders/forbidden-places';
import type { WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import type { Context } from '../context.ts';
import { type DataDirectory, dataDirectory } from '../data-directory.ts';
import { readTextIfThere } from '../env-file.ts';
import { envFilePath, readSettings, type Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import type { ModelChoice } from './soul-model.ts';

export class Draft {
  /** By name; null takes a setting away. Only what differs from what is in force now. */
  readonly settings: Partial<Record<SettingName, string | null>> = {};
  readonly credentials: Record<string, string> = {};
  readonly workspaces: WorkspaceEntry[] = [];
  model: ModelChoice | null = null;
  /** Another model of the provider that soul.yaml names; instead of `model`. */
  modelName: string | null = null;
  /** The owner agreed to have his own soul.yaml changed. */
  replaceModel = false;
  ownerName: string | null = null;

  readonly checkout: string;
  readonly envFile: string;
  /** Without `.env` this is the first time. */
  readonly first: boolean;
  /** As they are now; the defaults where there is no file. */
  readonly now: Settings;
  readonly #env: Terminal['env'];
  /** Of this call, and of the parts that `.env` starts: where a proxy is named. */
  readonly environment: Readonly<Record<string, string | undefined>>;

  constructor({ checkout, terminal }: Pick<Context, 'checkout' | 'terminal'>) {
    this.#env = terminal.env;
    this.checkout = checkout;
    this.envFile = envFilePath(checkout, terminal.env);
    this.first = readTextIfThere(this.envFile) === null;
    this.now = readSettings(
      checkout,
      this.first ? { ...terminal.env, MOBYCLAW_ENV_FILE: '/dev/null' } : terminal.env,
    );
    this.environment = { ...terminal.env, ...this.now.environment };
  }

  /** @returns what the setting will be, or undefined where it is left to its default */
  value(name: SettingName): string | undefined {
    const drafted = this.settings[name];
    if (drafted !== undefined) return drafted ?? undefined;
    const { origin, environment } = this.now;
    return origin[name] === 'default' ? undefined : environment[name];
  }

  /** @returns the value of any variable that may hold a key: a setting, another line of `.env`, a credential */
  key(name: string): string | undefined {
    if (isSettingName(name)) return this.value(name);
    return this.now.environment[name] || this.#credentials[name] || undefined;
  }

  hasKey(name: string): boolean {
    return this.key(name) !== undefined || Boolean(this.#credentials[name]);
  }

  /** Whether `.env` has a value for it, whatever the environment says. */
  isInFile(name: SettingName): boolean {
    return Boolean(parseEnvText(readTextIfThere(this.envFile) ?? '')[name]);
  }

  /** Whether this call brings the value, by the environment or typed, as against one that `.env` had before. */
  isNew(name: SettingName): boolean {
    return this.settings[name] != null || this.now.origin[name] === 'environment';
  }

  set(name: SettingName, value: string | null): void {
    this.settings[name] = value;
  }

  /** Has a value that only the environment of this call holds written down, so that it is there at the next one. */
  keep(name: SettingName): void {
    if (this.settings[name] === undefined && this.now.origin[name] === 'environment')
      this.settings[name] = this.now.environment[name] ?? null;
  }

  /** The data directory as it will be. */
  get data(): DataDirectory {
    return dataDirectory(expandHome(this.settings.MOBYCLAW_HOME ?? this.now.values.MOBYCLAW_HOME));
  }

  /** @returns why the folder cannot be given to Moby, or null */
  folderProblem(path: string): Promise<string | null> {
    return folderFault(path, forbiddenPlaces(this.data.root, this.checkout, this.#env));
  }

  /** The owner's soul.yaml, or the one that he will get. */
  get soul(): { text: string; original: string; own: boolean } {
    const original = readTextIfThere(join(this.checkout, 'agents/moby/soul.yaml')) ?? '';
    const text = readTextIfThere(this.data.soul);
    return { text: text ?? original, original, own: text !== null };
  }

  /** Names of the credentials that are set. */
  get credentialNames(): string[] {
    return Object.entries(this.#credentials).flatMap(([name, value]) => (value ? [name] : []));
  }

  get #credentials(): NodeJS.Dict<string> {
    return parseEnvText(readTextIfThere(this.data.credentials) ?? '');
  }
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

/** @returns the end of a secret, enough to tell it from another one */
export function masked(secret: string): string {
  return secret.length > 12 ? `…${secret.slice(-4)}` : '…';
}

/** The owner's name as this machine knows it, for a suggestion; '' where it knows none. */
export function systemUserName(): string {
  const { username } = userInfo();
  return username === 'root' ? '' : username.charAt(0).toUpperCase() + username.slice(1);
}
