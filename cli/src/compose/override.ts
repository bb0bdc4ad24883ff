/**
 * `docker-compose.override.yml`: what the owner's own files add to the static stack. Each workspace is mounted at /workspace/<name>
 * in `workspace` and, unless its mode is `none`, in `moby` for its shell; what must not be changed inside of one is mounted
 * over it (`seals.ts`). A label of each service tells which secrets it has (`part-secrets.ts`). Where the engine knows an interval
 * of its own for the start, the health checks are seldom after it. Reads workspaces.conf; the file is absent where nothing is to be said.
 *
 * An older docker-compose.yml, which an upgrade that failed goes back to, knows no files of secrets: it gets credentials.env and
 * the variables that soul.yaml names as variables of `moby`.
 *
 * Written by a YAML library, so that no name, path or value can become anything but a string; `$` is doubled, since
 * Compose would fill in a variable. A file that Mobyclaw did not write is never replaced.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { CREDENTIAL_NAMES } from '@mobyclaw/lib/environment-names';
import { SEALS_VARIABLE, type SealedMount } from '@mobyclaw/lib/seals';
import { forbiddenPlaces } from '@mobyclaw/lib/workspace-folders/forbidden-places';
import { findSeals, type Seal, type Sealing } from '@mobyclaw/lib/workspace-folders/seals';
import { parseWorkspacesConf, type WorkspaceEntry, WorkspacesConfError } from '@mobyclaw/lib/workspaces-conf';
import { PROVIDER_ADDRESSES, PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { CliError } from '../cli-error.ts';
import { type BaseFile, CURRENT_BASE } from './base-file.ts';
import { type OwnerVariables, readIfThere, readOwnerVariables } from './owner-variables.ts';
import { checkFolders } from './workspace-folders.ts';

export const OVERRIDE_FILE = 'docker-compose.override.yml';

const MARK = '# Written by mobyclaw from credentials.env and workspaces.conf.';
const SECRETS_LABEL = 'mobyclaw.secrets';
const HEADER = `${MARK} Change those, then run ./mobyclaw up.\n`;

/** A start is seen within a second, and an idle machine is left alone. */
const SELDOM = { interval: '60s', start_interval: '1s' };

/** What the engine and Compose can do, as far as the file depends on it. */
export interface EngineVersions {
  engine: string;
  compose: string;
}

export interface OverrideContents {
  workspaces: readonly WorkspaceEntry[];
  seals?: readonly Seal[];
  /** For a stack that takes them as variables of `moby`. */
  variables?: OwnerVariables | null;
  /** By service, of the secrets that it has. */
  marks?: Readonly<Record<string, string>>;
  /** That docker-compose.yml has: of others the file may say nothing. */
  services?: readonly string[];
  /** Whether health checks may be seldom once a service has started. */
  seldomChecks?: boolean;
}

export interface OverrideOptions {
  /** Of Docker, where they are known. */
  versions?: EngineVersions | null;
  /** Of `part-secrets.ts`. */
  marks?: Readonly<Record<string, string>>;
  /** Where it is not the docker-compose.yml of this version. */
  base?: BaseFile;
}

/**
 * Brings the override file up to date with the owner's files.
 * @param home the data directory
 * @param checkout the folder with docker-compose.yml
 * @returns what is in force now, and the repositories that his shell could write until now
 * @throws CliError where a line cannot be used, a folder is missing, or the file there is the owner's own
 */
export async function writeOverride(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  options: OverrideOptions = {},
): Promise<OverrideContents & { unsealed: string[] }> {
  const contents = await allContents(home, checkout, env, options);
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
  options: OverrideOptions = {},
): Promise<boolean> {
  const text = overrideText(await allContents(home, checkout, env, options));
  return text === (await readIfThere(join(checkout, OVERRIDE_FILE)));
}

async function allContents(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>>,
  { versions = null, marks = {}, base = CURRENT_BASE }: OverrideOptions,
): Promise<OverrideContents & Sealing> {
  return {
    ...(await readContents(home, checkout, env)),
    variables: base.readsSecretFiles ? null : await readOwnerVariables(home),
    marks: base.readsSecretFiles ? marks : {},
    services: base.services,
    seldomChecks: knowsStartInterval(versions),
  };
}

/** @returns the YAML text, or null where there is nothing to say */
export function overrideText({
  workspaces,
  seals = [],
  variables = null,
  marks = {},
  services: known = CURRENT_BASE.services,
  seldomChecks = false,
}: OverrideContents): string | null {
  const inShell = workspaces.filter(({ mode }) => mode !== 'none');
  const shell = mountsOf(inShell, seals, true);
  const environment = { ...(variables && asVariables(variables)), ...shell.environment };
  const moby = {
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
  const own: Readonly<Record<string, object>> = { moby, ...(workspaces.length > 0 ? { workspace } : {}) };
  const services = Object.fromEntries(
    known.flatMap((name) => {
      const mark = marks[name];
      const service = {
        ...(mark === undefined ? {} : { labels: { [SECRETS_LABEL]: mark } }),
        ...(seldomChecks ? { healthcheck: SELDOM } : {}),
        ...own[name],
      };
      return Object.keys(service).length > 0 ? [[name, service]] : [];
    }),
  );
  if (Object.keys(services).length === 0) return null;
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
  let workspaces: ReturnType<typeof parseWorkspacesConf>;
  try {
    workspaces = parseWorkspacesConf((await readIfThere(conf)) ?? '', conf);
  } catch (error) {
    if (error instanceof WorkspacesConfError) throw new CliError(error.message, { cause: error });
    throw error;
  }
  await checkFolders(workspaces, forbiddenPlaces(home, checkout, env), conf);
  return { workspaces, ...(await findSeals(workspaces)) };
}

/** What soul.yaml names and an older docker-compose.yml does not by name alone: Compose finds the values in .env or the environment. */
function asVariables({ credentials, forModels, forTools }: OwnerVariables): Record<string, string | null> {
  const names = credentials.map(({ name }) => name);
  const listed = new Set([...PROVIDER_KEYS, ...PROVIDER_ADDRESSES, ...names]);
  const named = [...new Set([...forModels, ...forTools])].filter((name) => !listed.has(name));
  return {
    ...Object.fromEntries(named.sort().map((name) => [name, null])),
    ...Object.fromEntries(credentials.map(({ name, value }) => [name, literal(value)])),
    ...(names.length > 0 ? { [CREDENTIAL_NAMES]: names.join(',') } : {}),
  };
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

/** The text as Compose has to be given it to mean itself. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}
