/**
 * `docker-compose.override.yml`: what the owner's own files add to the static stack. Credentials become variables of
 * `moby` alone, and so do the variables that soul.yaml names, by name only; each workspace is mounted at /workspace/<name>
 * in `workspace` and, unless its mode is `none`, in `moby` for its shell. Where the engine knows an interval of its own for
 * the start, the health checks are seldom after it. Reads credentials.env, soul.yaml and workspaces.conf; the file is absent
 * where nothing is to be said.
 *
 * Written by a YAML library, so that no name, path or value can become anything but a string; `$` is doubled, since
 * Compose would fill in a variable. A file that Mobyclaw did not write is never replaced.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { CREDENTIAL_NAMES } from '@mobyclaw/lib/environment-names';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { namedVariables } from '@mobyclaw/lib/soul-variables';
import { parseWorkspacesConf, type WorkspaceEntry, WorkspacesConfError } from '@mobyclaw/lib/workspaces-conf';
import { PROVIDER_ADDRESSES, PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';
import { stringify } from 'yaml';
import { CliError } from '../cli-error.ts';
import { parseCredentials } from './credentials.ts';
import { checkFolders, forbiddenPlaces } from './workspace-folders.ts';

export const OVERRIDE_FILE = 'docker-compose.override.yml';

const MARK = '# Written by mobyclaw from credentials.env and workspaces.conf.';
const HEADER = `${MARK} Change those, then run ./mobyclaw up.\n`;

/** A start is seen within a second, and an idle machine is left alone. */
const SELDOM = { interval: '60s', start_interval: '1s' };

/** What the engine and Compose can do, as far as the file depends on it. */
export interface EngineVersions {
  engine: string;
  compose: string;
}

export interface OverrideContents {
  /** By name; values as the owner wrote them. */
  credentials: Readonly<Record<string, string>>;
  workspaces: readonly WorkspaceEntry[];
  /** That soul.yaml names and docker-compose.yml does not: Compose finds their values in .env or the environment. */
  named?: readonly string[];
  /** Whether health checks may be seldom once a service has started. */
  seldomChecks?: boolean;
}

/**
 * Brings the override file up to date with the owner's files.
 * @param home the data directory
 * @param checkout the folder with docker-compose.yml
 * @param versions of Docker, where they are known
 * @returns what is in force now
 * @throws CliError where a line cannot be used, a folder is missing, or the file there is the owner's own
 */
export async function writeOverride(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  versions: EngineVersions | null = null,
): Promise<OverrideContents> {
  const contents = {
    ...(await readContents(home, checkout, env)),
    seldomChecks: knowsStartInterval(versions),
  };
  const path = join(checkout, OVERRIDE_FILE);
  const before = await readIfThere(path);
  if (before !== null && !before.startsWith(MARK)) {
    throw new CliError(
      `${path} was not written by Mobyclaw, and ./mobyclaw up needs this name. Move what is in there to another file, and name that one with: docker compose -f.`,
    );
  }
  const text = overrideText(contents);
  if (text === null) await rm(path, { force: true });
  else if (text !== before) await writeFileAtomic(path, text);
  return contents;
}

/**
 * Whether the file says what the owner's files say now. Changes nothing.
 * @throws CliError as `writeOverride` does
 */
export async function overrideIsCurrent(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  versions: EngineVersions | null = null,
): Promise<boolean> {
  const contents = await readContents(home, checkout, env);
  const text = overrideText({ ...contents, seldomChecks: knowsStartInterval(versions) });
  return text === (await readIfThere(join(checkout, OVERRIDE_FILE)));
}

/** @returns the YAML text, or null where there is nothing to say */
export function overrideText({
  credentials,
  workspaces,
  named = [],
  seldomChecks = false,
}: OverrideContents): string | null {
  const names = Object.keys(credentials);
  if (names.length === 0 && workspaces.length === 0 && named.length === 0 && !seldomChecks) return null;
  const checks = seldomChecks ? { healthcheck: SELDOM } : {};
  const inShell = workspaces.filter(({ mode }) => mode !== 'none');
  const moby = {
    ...checks,
    ...(names.length > 0 || named.length > 0
      ? {
          environment: {
            ...Object.fromEntries(named.map((name) => [name, null])),
            ...literals(credentials),
            ...(names.length > 0 ? { [CREDENTIAL_NAMES]: names.join(',') } : {}),
          },
        }
      : {}),
    ...(inShell.length > 0 ? { volumes: inShell.map(mount) } : {}),
  };
  const served = Object.fromEntries(
    workspaces.map(({ name, mode }) => [name, { path: `/workspace/${name}`, mode }]),
  );
  const workspace = {
    environment: { MOBYCLAW_WORKSPACES: literal(JSON.stringify(served)) },
    volumes: workspaces.map(mount),
  };
  const services = {
    ...(Object.keys(moby).length > 0 ? { moby } : {}),
    ...(workspaces.length > 0 || seldomChecks
      ? { workspace: { ...checks, ...(workspaces.length > 0 ? workspace : {}) } }
      : {}),
    ...(seldomChecks ? { gateway: checks, memory: checks } : {}),
  };
  // Every string in quotes: what YAML versions disagree about ("no", "1:20", "*x") is then no question.
  const text = stringify(
    { services },
    {
      lineWidth: 0,
      nullStr: '',
      aliasDuplicateObjects: false,
      defaultStringType: 'QUOTE_DOUBLE',
      defaultKeyType: 'PLAIN',
    },
  );
  return HEADER + text;
}

/** Of the engine (API 1.44), and of a Compose that hands it on; others refuse a file with the word in it. */
function knowsStartInterval(versions: EngineVersions | null): boolean {
  if (versions === null) return false;
  const [engine = 0] = versions.engine.split('.').map(Number);
  const [major = 0, minor = 0] = versions.compose.split('.').map(Number);
  return engine >= 25 && (major > 2 || (major === 2 && minor >= 26));
}

async function readContents(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OverrideContents> {
  const conf = join(home, 'workspaces.conf');
  const credentialsFile = join(home, 'credentials.env');
  const credentials = parseCredentials((await readIfThere(credentialsFile)) ?? '', credentialsFile);
  let workspaces: ReturnType<typeof parseWorkspacesConf>;
  try {
    workspaces = parseWorkspacesConf((await readIfThere(conf)) ?? '', conf);
  } catch (error) {
    if (error instanceof WorkspacesConfError) throw new CliError(error.message, { cause: error });
    throw error;
  }
  await checkFolders(workspaces, forbiddenPlaces(home, checkout, env), conf);
  const listed = new Set([...PROVIDER_KEYS, ...PROVIDER_ADDRESSES]);
  const soul = (await readIfThere(join(home, 'soul.yaml'))) ?? '';
  const named = namedVariables(soul).filter((name) => !listed.has(name) && credentials[name] === undefined);
  return { credentials, workspaces, named: named.sort() };
}

/** The long form, the only one in which a path may hold a colon; a folder that is gone is an error, not made anew by root. */
function mount({ name, path, mode }: WorkspaceEntry): object {
  return {
    type: 'bind',
    source: literal(path),
    target: literal(`/workspace/${name}`),
    read_only: mode !== 'rw',
    bind: { create_host_path: false },
  };
}

function literals(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, literal(value)]));
}

/** The text as Compose has to be given it to mean itself. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return ownerText(await readFile(path));
  } catch (error) {
    if (error instanceof OwnerTextError) throw new CliError(`${path} ${error.message}.`, { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new CliError(
      `${path} cannot be read (${code}). Give yourself the right: chmod 600 ${quoted(path)}`,
      {
        cause: error,
      },
    );
  }
}
