/**
 * `docker-compose.override.yml`: what the owner's own files add to the static stack. Credentials become variables of
 * `moby` alone, and so do the variables that soul.yaml names, by name only; each workspace is mounted at /workspace/<name>
 * in `workspace` and, unless its mode is `none`, in `moby` for its shell; what must not be changed inside of one is mounted
 * over it (`seals.ts`). Where the engine knows an interval of its own for
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
import { SEALS_VARIABLE, type SealedMount } from '@mobyclaw/lib/seals';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { namedVariables } from '@mobyclaw/lib/soul-variables';
import { forbiddenPlaces } from '@mobyclaw/lib/workspace-folders/forbidden-places';
import { findSeals, type Seal, type Sealing } from '@mobyclaw/lib/workspace-folders/seals';
import { parseWorkspacesConf, type WorkspaceEntry, WorkspacesConfError } from '@mobyclaw/lib/workspaces-conf';
import { PROVIDER_ADDRESSES, PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { CliError } from '../cli-error.ts';
import { parseCredentials } from './credentials.ts';
import { checkFolders } from './workspace-folders.ts';

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
  seals?: readonly Seal[];
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
 * @returns what is in force now, and the repositories that his shell could write until now
 * @throws CliError where a line cannot be used, a folder is missing, or the file there is the owner's own
 */
export async function writeOverride(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  versions: EngineVersions | null = null,
): Promise<OverrideContents & { unsealed: string[] }> {
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
  return { ...contents, unsealed: unsealedIn(before, contents) };
}

/** @returns repositories in workspaces that are there, and that the override does not know yet */
export async function unsealedRepositories(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string[]> {
  return unsealedIn(
    await readIfThere(join(checkout, OVERRIDE_FILE)),
    await readContents(home, checkout, env),
  );
}

const mountedSchema = z.object({
  services: z.object({ moby: z.object({ volumes: z.array(z.object({ target: z.string() })) }) }),
});

/** Only in workspaces that the shell had before. */
function unsealedIn(before: string | null, { seals = [] }: OverrideContents): string[] {
  const mounted = mountedSchema.safeParse(parse(before ?? '')).data?.services.moby.volumes ?? [];
  const targets = new Set(mounted.map(({ target }) => target));
  return seals.flatMap(({ workspace, path, kind, is }) => {
    const at = `/workspace/${workspace}/${path}`;
    const isNew = targets.has(literal(`/workspace/${workspace}`)) && !targets.has(literal(at));
    return kind === 'readOnly' && is === undefined && isNew ? [at] : [];
  });
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
  seals = [],
  named = [],
  seldomChecks = false,
}: OverrideContents): string | null {
  const names = Object.keys(credentials);
  if (names.length === 0 && workspaces.length === 0 && named.length === 0 && !seldomChecks) return null;
  const checks = seldomChecks ? { healthcheck: SELDOM } : {};
  const inShell = workspaces.filter(({ mode }) => mode !== 'none');
  const shell = mountsOf(inShell, seals, true);
  const environment = {
    ...Object.fromEntries(named.map((name) => [name, null])),
    ...literals(credentials),
    ...(names.length > 0 ? { [CREDENTIAL_NAMES]: names.join(',') } : {}),
    ...shell.environment,
  };
  const moby = {
    ...checks,
    ...(Object.keys(environment).length > 0 ? { environment } : {}),
    ...(inShell.length > 0 ? { volumes: shell.volumes } : {}),
  };
  const served = Object.fromEntries(
    workspaces.map(({ name, mode }) => [name, { path: `/workspace/${name}`, mode }]),
  );
  const server = mountsOf(workspaces, seals, false);
  const workspace = {
    environment: { MOBYCLAW_WORKSPACES: literal(JSON.stringify(served)), ...server.environment },
    volumes: server.volumes,
  };
  const services = {
    ...(Object.keys(moby).length > 0 ? { moby } : {}),
    ...(workspaces.length > 0 || seldomChecks
      ? { workspace: { ...checks, ...(workspaces.length > 0 ? workspace : {}) } }
      : {}),
    ...(seldomChecks ? { gateway: checks, memory: checks, egress: checks } : {}),
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

/** @throws CliError as `writeOverride` does */
export async function readContents(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OverrideContents & Sealing> {
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
  return { credentials, workspaces, ...(await findSeals(workspaces)), named: named.sort() };
}

/** @param hides whether hidden folders are kept from this container; else it has them read-only */
function mountsOf(
  workspaces: readonly WorkspaceEntry[],
  seals: readonly Seal[],
  hides: boolean,
): { volumes: object[]; environment: Record<string, string> } {
  const names = new Set(workspaces.map(({ name }) => name));
  const volumes = workspaces.map(({ name, path, mode }) => mount(path, `/workspace/${name}`, mode !== 'rw'));
  const promised: SealedMount[] = [];
  for (const { workspace, root, path, kind, is } of seals) {
    if (!names.has(workspace)) continue;
    const base = `/workspace/${workspace}`;
    const at = `${base}/${path}`;
    const hidden = hides && kind === 'hidden';
    volumes.push(
      hidden
        ? { type: 'tmpfs', target: literal(at), read_only: true }
        : mount(join(root, path), at, kind !== 'kept'),
    );
    promised.push(hidden ? { at } : { at, base, path });
    if (is !== undefined && names.has(is)) promised.push({ at: `/workspace/${is}`, base, path });
  }
  return {
    volumes,
    environment: promised.length > 0 ? { [SEALS_VARIABLE]: literal(JSON.stringify(promised)) } : {},
  };
}

/** The long form, the only one in which a path may hold a colon; a folder that is gone is an error, not made anew by root. */
function mount(source: string, target: string, readOnly: boolean): object {
  return {
    type: 'bind',
    source: literal(source),
    target: literal(target),
    read_only: readOnly,
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
