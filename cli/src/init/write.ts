/**
 * Writes what init has found out. `.env` comes last, since it is what says that init has been done. Files of the owner
 * are kept: a line is changed where he said so, everything else in them stays. Secrets are 0600 from their first byte.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { parseEnvText } from '@mobyclaw/lib/env-text';
import { PART_SECRETS, type SettingName } from '@mobyclaw/lib/settings';
import {
  addWorkspace,
  removeWorkspace,
  type WorkspaceEntry,
  WorkspacesConfError,
} from '@mobyclaw/lib/workspaces-conf';
import { CliError } from '../cli-error.ts';
import type { ContainerUser } from '../compose/container-user.ts';
import { editEnvText, readTextIfThere } from '../env-file.ts';
import type { Draft } from './draft.ts';
import { isDefaultButModel, modelOf, withModel, withModelName } from './soul-model.ts';

/**
 * @param user that the containers run as; null where there is no Docker
 * @returns what was done, one line each, for the owner
 */
export async function writeDraft(draft: Draft, user: ContainerUser | null): Promise<string[]> {
  const { data } = draft;
  try {
    mkdirSync(data.root, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${data.root} cannot be created (${code}). Choose another data directory: ./mobyclaw init --home <folder>`,
      { cause: error },
    );
  }
  const done = [
    ...(await writeSoul(draft)),
    ...(await writeMemory(draft)),
    ...(await writeCredentials(draft)),
    ...(await writeWorkspaces(draft)),
  ];
  await writeSettings(draft, user);
  done.unshift(`${draft.first ? 'Wrote' : 'Updated'} ${draft.envFile} (only you can read it).`);
  return done;
}

async function writeSoul(draft: Draft): Promise<string[]> {
  if (draft.modelName !== null) return writeModelName(draft, draft.modelName);
  if (draft.model === null) return [];
  const { text, original, own } = draft.soul;
  const name = `${draft.model.provider}/${draft.model.model}`;
  if (own && !draft.replaceModel && !isDefaultButModel(text, original)) {
    return [`Left soul.yaml as it is, since you have changed it; its model is named under "models:".`];
  }
  const edited = withModel(text, draft.model);
  if (edited === null) {
    return [`Left soul.yaml as it is: it names its model in a way of its own. Put ${name} into it by hand.`];
  }
  if (own && edited === text) return [];
  await replace(draft.data.soul, edited);
  return [
    draft.model.provider === 'offline'
      ? 'soul.yaml names the model offline: Moby answers by simple rules.'
      : `soul.yaml names the model ${name}.`,
  ];
}

async function writeModelName({ data, soul }: Draft, model: string): Promise<string[]> {
  const edited = withModelName(soul.text, model);
  if (edited === null) {
    return [`Left soul.yaml as it is: it names its model in a way of its own. Put ${model} into it by hand.`];
  }
  if (soul.own && edited === soul.text) return [];
  await replace(data.soul, edited);
  return [`soul.yaml names the model ${modelOf(edited)?.provider}/${model}.`];
}

const OWNER_SECTION = /^## About the owner[ \t]*$/m;

async function writeMemory(draft: Draft): Promise<string[]> {
  if (draft.ownerName === null) return [];
  const path = draft.data.memory;
  const original = join(draft.checkout, 'agents/moby/defaults/MEMORY.md');
  const text = readTextIfThere(path) ?? readTextIfThere(original) ?? '# Memory\n\n## About the owner\n';
  const fact = `- The owner's name is ${draft.ownerName}.`;
  if (text.includes(fact)) return [];
  const before = /^- The owner's name is .*\.$/m;
  const edited = before.test(text)
    ? text.replace(before, () => fact)
    : OWNER_SECTION.test(text)
      ? text.replace(OWNER_SECTION, (heading) => `${heading}\n\n${fact}`)
      : `${text.trimEnd()}\n\n## About the owner\n\n${fact}\n`;
  await replace(path, edited);
  return [`MEMORY.md knows your name.`];
}

async function writeCredentials({ credentials, data, checkout }: Draft): Promise<string[]> {
  const names = Object.keys(credentials);
  if (names.length === 0) return [];
  const original = readTextIfThere(join(checkout, 'agents/moby/defaults/credentials.env'));
  await replace(
    data.credentials,
    editEnvText(readTextIfThere(data.credentials) ?? original ?? '', credentials),
  );
  return [`credentials.env holds ${names.join(', ')} for Moby's tools.`];
}

async function writeWorkspaces({ workspaces, data, checkout }: Draft): Promise<string[]> {
  if (workspaces.length === 0) return [];
  const original = readTextIfThere(join(checkout, 'agents/moby/defaults/workspaces.conf'));
  const text = readTextIfThere(data.workspaces) ?? original ?? '';
  await replace(data.workspaces, workspaces.reduce(withWorkspace, text));
  return workspaces.map(({ name, path, mode }) => `Workspace ${name}: ${path} (${mode}).`);
}

/** In the place of one of the same name. */
function withWorkspace(text: string, entry: WorkspaceEntry): string {
  try {
    return addWorkspace(removeWorkspace(text, entry.name) ?? text, entry);
  } catch (error) {
    if (error instanceof WorkspacesConfError) throw new CliError(error.message, { cause: error });
    throw error;
  }
}

/** What plain `docker compose up` needs of this machine, and the secrets that the parts know each other by. */
async function writeSettings(draft: Draft, user: ContainerUser | null): Promise<void> {
  const wanted: Partial<Record<SettingName, string | null | undefined>> = {
    MOBYCLAW_TZ: draft.value('MOBYCLAW_TZ') ?? draft.now.values.MOBYCLAW_TZ,
    MOBYCLAW_UID: draft.value('MOBYCLAW_UID') ?? (user && String(user.uid)),
    MOBYCLAW_GID: draft.value('MOBYCLAW_GID') ?? (user && String(user.gid)),
    ...Object.fromEntries(PART_SECRETS.map((name) => [name, draft.value(name) ?? newSecret(name)])),
    ...draft.settings,
  };
  wanted.MOBYCLAW_HOME = draft.data.root; // with ~ resolved
  const text = draft.first ? template(draft.checkout) : (readTextIfThere(draft.envFile) ?? '');
  const there = parseEnvText(text);
  // A line that says so already keeps its quotes and its comment.
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(
      (pair): pair is [string, string | null] => pair[1] !== undefined && pair[1] !== there[pair[0]],
    ),
  );
  await replace(draft.envFile, editEnvText(text, changes));
}

/** Some clients look at the form of a model's key. */
function newSecret(name: SettingName): string {
  const prefix = name === 'MOBYCLAW_MODEL_KEY' ? 'sk-moby-' : '';
  return prefix + randomBytes(32).toString('base64url');
}

/** `.env.example` under a heading of its own: what is not set stays there as a commented line. */
function template(checkout: string): string {
  const example = readTextIfThere(join(checkout, '.env.example')) ?? '';
  const body = example.slice(example.indexOf('\n\n') + 1);
  return `# Settings of Mobyclaw, written by ./mobyclaw init, which can be run again. Yours to edit: take the # away before what\n# you want to set. After a change run ./mobyclaw up. A MOBYCLAW_ name that does not exist is an error.\n${body}`;
}

/** Replaces a file through a link too, so that one that lies elsewhere stays one. */
async function replace(path: string, text: string): Promise<void> {
  const target = isLink(path) ? realpathSync(path) : path;
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    throw new CliError(`${target} is no ordinary file, so it cannot be written. Name another one.`);
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  await writeFileAtomic(target, text, { mode: 0o600 });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
