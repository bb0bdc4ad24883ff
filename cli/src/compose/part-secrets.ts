/**
 * The secrets of the containers: each is a file `run/secrets/<service>/<NAME>` of the data directory, mounted read-only into its own
 * service and no other, and read there by `@mobyclaw/lib/part-secrets`. Made of `.env`, the environment, credentials.env and what
 * soul.yaml names, by every `up`; what nothing names any more is removed. Never part of a backup.
 *
 * A container reads them once, at its start. So that a changed one makes Compose replace it, docker-compose.override.yml has a mark
 * of them as a label: keyed by a secret of the stack, so that it tells nobody whether he has guessed one.
 */
import { createHmac } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { shareCredentials, standInKey } from '@mobyclaw/lib/credentials/bound-secrets';
import type { Credential } from '@mobyclaw/lib/credentials/read-credentials';
import { CREDENTIAL_NAMES } from '@mobyclaw/lib/environment-names';
import { secretFileText } from '@mobyclaw/lib/part-secrets';
import { SETTINGS, settingsOf } from '@mobyclaw/lib/settings';
import type { Part } from '@mobyclaw/lib/settings/setting';
import { PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';
import type { Context } from '../context.ts';
import type { Settings } from '../settings.ts';
import { type OwnerVariables, readOwnerVariables } from './owner-variables.ts';
import type { ServiceName } from './service-name.ts';

/** By service, then by name of the file. */
export type PartSecrets = Readonly<Record<ServiceName, Readonly<Record<string, string>>>>;

const PARTS_IN: Readonly<Record<ServiceName, readonly Part[]>> = {
  moby: ['agent', 'supervisor'],
  gateway: ['gateway'],
  memory: ['memory'],
  workspace: ['workspace'],
  egress: ['egress'],
};

/** Who asks the models. Moby is told which keys there are, and shows the virtual one in their place. */
const KEEPER_OF_MODEL_KEYS: ServiceName = 'egress';

/** As egress reads it: what of credentials.env is for named hosts, with what Moby has in its place. */
const BOUND_FILE = 'secrets.json';

const MARK_LENGTH = 22; // of base64url: 132 bits

/**
 * @param env of the command, which counts before `.env`
 * @param key of `standInKey`
 */
export function partSecrets(
  { environment }: Pick<Settings, 'environment'>,
  env: Readonly<Record<string, string | undefined>>,
  { credentials, tokenKeys, addresses, forModels, forTools }: OwnerVariables,
  key: Uint8Array,
): PartSecrets {
  const { environment: ofTheOwner, bound } = shareCredentials(credentials, key);
  const names = Object.keys(ofTheOwner);
  const chosen = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = (environment[name] ?? env[name])?.trim();
        return value ? [[name, value] as const] : [];
      }),
    );
  const modelKeys = [...new Set([...PROVIDER_KEYS, ...tokenKeys])];
  const keys = { ...chosen(modelKeys), ...pick(credentials, modelKeys) };
  const { MOBYCLAW_MODEL_KEY: virtualKey = '' } = chosen(['MOBYCLAW_MODEL_KEY']);
  const inAddresses = { ...chosen(addresses), ...pick(credentials, addresses) };
  const virtual = Object.fromEntries(Object.keys(keys).map((name) => [name, virtualKey]));
  const secretsOf = (service: ServiceName): Record<string, string> => ({
    ...(service === KEEPER_OF_MODEL_KEYS ? { ...inAddresses, ...keys } : {}),
    ...(service === 'moby' ? { ...chosen([...forModels, ...forTools]), ...ofTheOwner, ...virtual } : {}),
    ...(service === 'moby' && names.length > 0 ? { [CREDENTIAL_NAMES]: names.join(',') } : {}),
    ...(service === 'egress' && bound.length > 0 ? { [BOUND_FILE]: JSON.stringify(bound) } : {}),
    ...chosen(PARTS_IN[service].flatMap((part) => settingsOf(part)).filter((name) => SETTINGS[name].secret)),
  });
  return {
    moby: secretsOf('moby'),
    gateway: secretsOf('gateway'),
    memory: secretsOf('memory'),
    workspace: secretsOf('workspace'),
    egress: secretsOf('egress'),
  };
}

function pick(credentials: readonly Credential[], names: readonly string[]): Record<string, string> {
  const wanted = credentials.filter(({ name }) => names.includes(name));
  return Object.fromEntries(wanted.map(({ name, value }) => [name, value]));
}

/**
 * Writes what the owner's files and settings say now.
 * @returns the marks, for `writeOverride`
 * @throws CliError where one of these files cannot be used; the file system's error where they cannot be written
 */
export async function prepareSecrets(context: Context): Promise<Record<string, string>> {
  const secrets = await readPartSecrets(context);
  await writePartSecrets(context.data.root, secrets);
  return marksOf(secrets, context.settings);
}

/** As `prepareSecrets`, and writes nothing. */
export async function secretMarks(context: Context): Promise<Record<string, string>> {
  return marksOf(await readPartSecrets(context), context.settings);
}

async function readPartSecrets({ settings, terminal, data }: Context): Promise<PartSecrets> {
  const variables = await readOwnerVariables(data.root);
  return partSecrets(settings, terminal.env, variables, await standInKey(data.root));
}

function marksOf(secrets: PartSecrets, { values }: Pick<Settings, 'values'>): Record<string, string> {
  const key = values.MOBYCLAW_CAPABILITY_KEY ?? '';
  return Object.fromEntries(
    Object.entries(secrets).map(([service, of]) => {
      const text = JSON.stringify(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      return [
        service,
        createHmac('sha256', key).update(`${service}\n${text}`).digest('base64url').slice(0, MARK_LENGTH),
      ];
    }),
  );
}

/**
 * Each file is the old one or the new one at any moment, and readable for the owner of the data directory alone.
 * @param home the data directory
 */
export async function writePartSecrets(home: string, secrets: PartSecrets): Promise<void> {
  const owner = await stat(home);
  const asRoot = process.getuid?.() === 0;
  const root = join(home, 'run', 'secrets');
  for (const [service, of] of Object.entries(secrets)) {
    const folder = join(root, service);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (asRoot) await chown(folder, owner.uid, owner.gid);
    for (const [name, value] of Object.entries(of)) {
      const path = join(folder, name);
      const text = secretFileText(value);
      if ((await textOf(path)) === text) continue;
      await writeFileAtomic(path, text, {
        prepare: async (file) => {
          if (asRoot) await file.chown(owner.uid, owner.gid);
        },
      });
    }
    await removeOthers(folder, Object.keys(of));
  }
  await removeOthers(root, Object.keys(secrets));
}

async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null); // whatever is there instead makes way
}

async function removeOthers(folder: string, names: readonly string[]): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!names.includes(entry)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}
