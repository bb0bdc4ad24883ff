/**
 * Init without a terminal: flags say what is no secret; secrets come from the environment or standard input, where no
 * other user of the machine sees them as they would in a list of processes. A key that is refused ends it, with nothing
 * written; one that cannot be checked for want of a network is taken.
 */

import { parseEnvText } from '@mobyclaw/lib/env-text';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { plainUrl } from '@mobyclaw/lib/plain-url';
import { isSettingName, MODEL_KEYS, SETTING_NAMES, type SettingName } from '@mobyclaw/lib/settings';
import { parseWorkspace, type WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import { UsageError } from '../cli-error.ts';
import { isMeant } from '../compose/sensitive-folders.ts';
import { say, type Terminal } from '../terminal.ts';
import type { Draft } from './draft.ts';
import {
  isHttp,
  isSameServer,
  keyedModel,
  offlineModel,
  onThisMachine,
  reachable,
  serverOfKey,
} from './model-topic.ts';
import { checkKey } from './provider-check.ts';
import {
  keyedProviders,
  modelChoices,
  PROVIDER_CHOICES,
  PROVIDERS,
  type ProviderChoice,
} from './providers.ts';
import { keyNamesOf, type ModelChoice, modelOf } from './soul-model.ts';
import { answerProblem, credentialNameProblem } from './topics.ts';

export interface InitFlags {
  yes?: true;
  provider?: string;
  model?: string;
  baseUrl?: string;
  agent?: string;
  home?: string;
  port?: string;
  name?: string;
  workspace?: string[];
  allowSensitiveFolder?: true;
  heartbeat?: string;
  activeHours?: string;
  timeZone?: string;
  ownerChannel?: string;
  secretsStdin?: true;
}

/** Which setting a flag is for. */
const SETTING_FLAGS: Partial<Record<keyof InitFlags, SettingName>> = {
  agent: 'MOBYCLAW_AGENT',
  home: 'MOBYCLAW_HOME',
  port: 'MOBYCLAW_PORT',
  heartbeat: 'MOBYCLAW_HEARTBEAT_INTERVAL',
  activeHours: 'MOBYCLAW_ACTIVE_HOURS',
  timeZone: 'MOBYCLAW_TZ',
  ownerChannel: 'MOBYCLAW_OWNER_CHANNEL',
};

/** @throws UsageError for a flag that is wrong or a key that is missing or refused */
export async function fillFromFlags(
  draft: Draft,
  flags: InitFlags,
  terminal: Terminal,
  mode: 'compose' | 'local',
): Promise<void> {
  // Keys of models are kept with the model that they are for.
  for (const name of SETTING_NAMES) if (!MODEL_KEYS.some((key) => key === name)) draft.keep(name);
  for (const [flag, name] of Object.entries(SETTING_FLAGS) as [keyof InitFlags, SettingName][]) {
    const value = flags[flag];
    if (typeof value !== 'string') continue;
    const problem = answerProblem(name, value);
    if (problem !== null) throw new UsageError(`--${kebab(flag)} ${value}: ${problem}`);
    draft.set(name, value);
  }
  if (flags.secretsStdin) await readSecrets(draft, terminal);
  if (flags.name !== undefined) draft.ownerName = oneLine(flags.name);
  for (const text of flags.workspace ?? []) {
    draft.workspaces.push(await workspaceFrom(text, draft));
  }
  for (const { path } of draft.workspaces)
    await isMeant(path, terminal.env, flags.allowSensitiveFolder === true, null);
  await fillModel(draft, flags, terminal, mode);
}

function kebab(flag: string): string {
  return flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function oneLine(text: string): string | null {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? null : line;
}

async function readSecrets(draft: Draft, { stdin }: Terminal): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  let text: string;
  try {
    text = ownerText(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof OwnerTextError) throw new UsageError(`Standard input ${error.message}.`);
    throw error;
  }
  for (const [name, value] of Object.entries(parseEnvText(text))) {
    if (!value) continue;
    if (isSettingName(name)) {
      const problem = answerProblem(name, value);
      if (problem !== null) throw new UsageError(`${name} from standard input: ${problem}`);
      draft.set(name, value);
    } else {
      const problem = credentialNameProblem(name);
      if (problem !== null) throw new UsageError(`${name} from standard input: ${problem}`);
      draft.credentials[name] = value;
    }
  }
}

/** @throws UsageError where it is not a line that workspaces.conf takes, or the folder cannot be given to him */
async function workspaceFrom(text: string, draft: Draft): Promise<WorkspaceEntry> {
  const entry = parseWorkspace(text.trim());
  const problem = typeof entry === 'string' ? entry : await draft.folderProblem(entry.path);
  if (typeof entry === 'string' || problem !== null) throw new UsageError(`--workspace ${text}: ${problem}`);
  const other = draft.workspaces.find(({ name }) => name.toLowerCase() === entry.name.toLowerCase());
  if (other !== undefined)
    throw new UsageError(`--workspace ${text}: --workspace ${other.name}=${other.path} has this name too.`);
  return entry;
}

async function fillModel(
  draft: Draft,
  flags: InitFlags,
  terminal: Terminal,
  mode: 'compose' | 'local',
): Promise<void> {
  if (flags.baseUrl !== undefined && flags.provider !== undefined && flags.provider !== 'local') {
    throw new UsageError(
      `--base-url means --provider local, a server that speaks OpenAI's API; leave --provider ${flags.provider} out, or --base-url.`,
    );
  }
  const named = flags.provider ?? (flags.baseUrl === undefined ? undefined : 'local');
  if (named === undefined && providerStays(draft, flags)) return keepProvider(draft, flags, terminal);
  const choice = named === undefined ? presentProvider(draft, flags) : providerFlag(named);
  // The first time what the environment holds is written down, so that it is there at the next start.
  if (draft.first) for (const name of MODEL_KEYS) draft.keep(name);
  if (choice === 'none') {
    if (named === undefined) {
      if (flags.agent === undefined && draft.value('MOBYCLAW_AGENT') === undefined)
        draft.set('MOBYCLAW_AGENT', 'embedded');
      return;
    }
    if (flags.agent === undefined) draft.set('MOBYCLAW_AGENT', 'embedded');
    draft.model = offlineModel(draft);
    draft.replaceModel = true;
    return;
  }
  draft.model =
    choice === 'local'
      ? await localModel(draft, flags, terminal, mode)
      : await keyed(draft, flags, terminal, choice);
  draft.replaceModel = flags.model !== undefined || flags.baseUrl !== undefined;
  const now = draft.soul.own ? modelOf(draft.soul.text) : null;
  // A soul.yaml that is there names a model on purpose; a key for its provider is no reason to change that.
  if (
    flags.model === undefined &&
    now?.provider === draft.model.provider &&
    now.baseUrl === draft.model.baseUrl
  )
    draft.model = null;
}

function providerFlag(text: string): ProviderChoice {
  const found = PROVIDER_CHOICES.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`--provider ${text}: write ${PROVIDER_CHOICES.join(', ')}.`);
  return found;
}

/** Whether there is a provider already. `--model` alone names another model of it, where it can be used at all. */
function providerStays(draft: Draft, flags: InitFlags): boolean {
  const { own, text, original } = draft.soul;
  const now = modelOf(text);
  const shipped = modelOf(original);
  const chosen = own && (now === null || now.provider !== shipped?.provider || now.model !== shipped.model);
  if (flags.model === undefined) return chosen || !draft.first;
  if (now === null) return chosen;
  const keys = keyNamesOf(now);
  return now.provider !== 'offline' && (keys.length === 0 || keys.some((name) => draft.hasKey(name)));
}

/** The provider stays as it is, and with it which key goes where; a new key of it is checked and written down. */
async function keepProvider(draft: Draft, flags: InitFlags, terminal: Terminal): Promise<void> {
  const now = modelOf(draft.soul.text);
  const used = now === null ? [] : keyNamesOf(now);
  for (const name of MODEL_KEYS) {
    if (draft.now.origin[name] !== 'environment') continue;
    if (used.includes(name) || draft.isInFile(name)) draft.keep(name);
    else if (draft.settings[name] === undefined) {
      say(
        terminal,
        `${name} of the environment is not written down: soul.yaml names ${now ? `${now.provider}/${now.model}` : 'a model in a way of its own'}. With --provider it would be.`,
      );
    }
  }
  for (const name of used) {
    const key = draft.settings[name as SettingName];
    if (!key || now === null) continue;
    const [provider] = keyedProviders('both').filter((one) => one === now.provider);
    if (now.baseUrl !== undefined)
      await checked(terminal, draft, name, 'local', key, onThisMachine(now.baseUrl));
    else if (provider !== undefined) {
      const { baseUrlName, baseUrl } = PROVIDERS[provider];
      await checked(terminal, draft, name, provider, key, terminal.env[baseUrlName] || baseUrl);
    }
  }
  if (flags.model !== undefined) draft.modelName = flags.model;
}

/** The provider whose key is there; none without one. */
function presentProvider(draft: Draft, flags: InitFlags): ProviderChoice {
  const set = keyedProviders('both').filter((provider) => draft.value(PROVIDERS[provider].keyName));
  if (set.length === 2) return 'both';
  if (set[0] !== undefined) return set[0];
  if (flags.model !== undefined)
    throw new UsageError('--model needs --provider, or the key of one in the environment.');
  return 'none';
}

async function keyed(
  draft: Draft,
  flags: InitFlags,
  terminal: Terminal,
  choice: 'anthropic' | 'openai' | 'both',
): Promise<ModelChoice> {
  const models: { provider: 'anthropic' | 'openai'; model: string }[] = [];
  for (const provider of keyedProviders(choice)) {
    const { name, keyName, baseUrlName, baseUrl } = PROVIDERS[provider];
    const key = draft.value(keyName);
    const server = draft.isNew(keyName) ? null : serverOfKey(draft, keyName);
    if (key === undefined || server !== null) {
      const why = server === null ? 'is not set' : `is the key of ${server}, which ${name} is not given`;
      throw new UsageError(
        `${keyName} ${why}. Give it in the environment, or as a line ${keyName}=… with --secrets-stdin.`,
      );
    }
    draft.keep(keyName);
    const found = await checked(
      terminal,
      draft,
      keyName,
      provider,
      key,
      terminal.env[baseUrlName] || baseUrl,
    );
    models.push(...modelChoices(provider, found).map((model) => ({ provider, model })));
  }
  const [best] = models;
  const model = flags.model ?? best?.model ?? '';
  const owner =
    models.find((one) => one.model === model)?.provider ??
    (choice === 'both' ? (model.startsWith('claude') ? 'anthropic' : 'openai') : choice);
  return keyedModel(owner, model);
}

async function localModel(
  draft: Draft,
  flags: InitFlags,
  terminal: Terminal,
  mode: 'compose' | 'local',
): Promise<ModelChoice> {
  const now = modelOf(draft.soul.text);
  const known = now?.provider === 'local' && now.baseUrl !== undefined ? now : null;
  const baseUrl = flags.baseUrl ?? known?.baseUrl;
  if (baseUrl === undefined || !isHttp(baseUrl)) {
    throw new UsageError('--provider local needs --base-url, such as http://localhost:11434/v1');
  }
  // A key goes to the server that it was given for: the one of before, or with a new key the one that is named now.
  const same = known?.baseUrl !== undefined && isSameServer(known.baseUrl, baseUrl);
  const tokenKey = draft.isNew('OPENAI_API_KEY') ? 'OPENAI_API_KEY' : same ? known.tokenKey : undefined;
  if (tokenKey === 'OPENAI_API_KEY') draft.keep('OPENAI_API_KEY');
  const key = tokenKey === undefined ? undefined : draft.key(tokenKey);
  const found = await checked(
    terminal,
    draft,
    tokenKey ?? 'OPENAI_API_KEY',
    'local',
    key,
    onThisMachine(baseUrl),
  );
  const model = flags.model ?? (known && (same || found.includes(known.model)) ? known.model : found[0]);
  if (model === undefined)
    throw new UsageError(`--provider local needs --model: ${plainUrl(baseUrl)} does not tell which it has.`);
  const choice: ModelChoice = {
    provider: 'local',
    model,
    baseUrl,
    ...(tokenKey !== undefined && { tokenKey }),
  };
  return mode === 'compose' ? reachable(choice) : choice;
}

async function checked(
  terminal: Terminal,
  draft: Draft,
  keyName: string,
  provider: 'anthropic' | 'openai' | 'local',
  key: string | undefined,
  baseUrl: string,
): Promise<string[]> {
  const check = await checkKey({ provider, key, baseUrl, env: draft.environment });
  if (check.result === 'refused') {
    throw new UsageError(`${keyName} is refused by the provider: ${check.detail}\nNothing was written.`);
  }
  if (check.result === 'accepted') return check.models;
  say(terminal, `The key could not be checked: ${check.detail}. Going on with it.`);
  return [];
}
