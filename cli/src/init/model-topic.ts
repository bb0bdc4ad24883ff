/** Which model Moby thinks with: provider, key, model. A key is checked as soon as it is typed. */
import { isDeepStrictEqual } from 'node:util';
import { PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';
import type { Ask, Choice } from './ask.ts';
import { type Draft, masked } from './draft.ts';
import { checkKey, type KeyCheck } from './provider-check.ts';
import {
  keyedProviders,
  LOCAL_BASE_URL,
  modelChoices,
  PROVIDER_CHOICES,
  PROVIDERS,
  type ProviderChoice,
} from './providers.ts';
import { isDefaultButModel, type ModelChoice, modelOf, type NamedModel } from './soul-model.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ModelQuestions {
  ask: Ask;
  draft: Draft;
  env: Environment;
  mode: 'compose' | 'local';
}

const NAMES: Record<ProviderChoice, { name: string; description: string }> = {
  anthropic: { name: 'Anthropic (Claude)', description: 'needs an API key' },
  openai: { name: 'OpenAI (GPT)', description: 'needs an API key' },
  both: { name: 'Both', description: 'two keys; soul.yaml says which model is used' },
  local: { name: 'A server of my own', description: "anything that speaks OpenAI's API, such as Ollama" },
  none: { name: 'None for now', description: 'Moby answers by simple rules; enough to try everything' },
};

export async function modelTopic({ ask, draft, env, mode }: ModelQuestions): Promise<void> {
  ask.heading('Model');
  const choice = await ask.choose<ProviderChoice>(
    'Whose model should Moby think with?',
    PROVIDER_CHOICES.map((value) => ({ value, ...NAMES[value] })),
    presetChoice(draft),
  );
  const listed = new Map<string, string[]>();
  for (const provider of keyedProviders(choice))
    listed.set(provider, await askKey(ask, draft, env, provider));
  const model =
    choice === 'none'
      ? offlineModel(draft)
      : choice === 'local'
        ? await askLocal(ask, draft, env)
        : await askModel(ask, choice, listed);
  await applyModel(ask, draft, model && mode === 'compose' ? reachable(model) : model);
  await askEngine(ask, draft, mode, choice);
}

/** @returns the model that answers by rules, or null where soul.yaml comes to that without a word, since there is no key */
export function offlineModel(draft: Draft): ModelChoice | null {
  const { text, original } = draft.soul;
  const noKey = PROVIDER_KEYS.every((name) => !draft.hasKey(name));
  if (noKey && isDeepStrictEqual(modelOf(text), modelOf(original))) return null;
  return { provider: 'offline', model: 'offline' };
}

/** @returns the host of the owner's own server for which soul.yaml names this key, or null */
export function serverOfKey(draft: Draft, keyName: string): string | null {
  const now = modelOf(draft.soul.text);
  return now?.baseUrl !== undefined && now.tokenKey === keyName ? hostOf(now.baseUrl) : null;
}

function hostOf(baseUrl: string): string {
  const url = onThisMachine(fromContainer(baseUrl));
  return URL.canParse(url) ? new URL(url).host : url;
}

export function isSameServer(one: string, other: string): boolean {
  return hostOf(one) === hostOf(other);
}

function presetChoice(draft: Draft): ProviderChoice {
  const now = modelOf(draft.soul.text)?.provider;
  if (now === 'local') return 'local';
  if (now === 'offline') return 'none';
  const set = keyedProviders('both').filter((provider) => draft.value(PROVIDERS[provider].keyName));
  return set.length === 2 ? 'both' : (set[0] ?? 'anthropic');
}

/** @returns the models of the account; empty where they are not known */
async function askKey(
  ask: Ask,
  draft: Draft,
  env: Environment,
  provider: 'anthropic' | 'openai',
): Promise<string[]> {
  const { name, keyName, hint } = PROVIDERS[provider];
  const baseUrl = env[PROVIDERS[provider].baseUrlName] || PROVIDERS[provider].baseUrl;
  // What is there may be the key of a server of the owner's own: it is not shown to anybody else.
  const known = serverOfKey(draft, keyName) === null ? draft.value(keyName) : undefined;
  if (known !== undefined && (await ask.yes(`${keyName} is set (${masked(known)}). Keep it?`, true))) {
    const check = await checkKey({ provider, key: known, baseUrl, env: draft.environment });
    report(ask, name, check);
    if (check.result !== 'refused') {
      draft.keep(keyName);
      return modelsOf(check);
    }
  } else {
    ask.note(`The key is to be had at ${hint}. It is not shown as you type.`);
  }
  for (;;) {
    const key = await ask.secret(`${name} API key`, keyProblem);
    const check = await checkKey({ provider, key, baseUrl, env: draft.environment });
    report(ask, name, check);
    const keep =
      check.result === 'accepted' ||
      (await ask.choose('What now?', [
        { value: false, name: check.result === 'refused' ? 'Type another key' : 'Try again' },
        { value: true, name: 'Go on with this key all the same' },
      ]));
    if (!keep) continue;
    draft.set(keyName, key);
    return modelsOf(check);
  }
}

export function keyProblem(key: string): string | null {
  if (key === '') return 'Paste the key, or leave with Ctrl-C.';
  return /^[\x21-\x7e]+$/.test(key)
    ? null
    : 'A key has no blanks and no other characters than those of a plain keyboard.';
}

function modelsOf(check: KeyCheck): string[] {
  return check.result === 'accepted' ? check.models : [];
}

function report(ask: Ask, name: string, check: KeyCheck): void {
  if (check.result === 'accepted') ask.note(`✓ ${name} takes the key.`);
  else if (check.result === 'refused') ask.note(`✗ ${name} refuses the key: ${check.detail}`);
  else ask.note(`The key could not be checked: ${check.detail}.`);
}

const OTHER = '';

async function pickModel(ask: Ask, models: readonly string[], preset: string | undefined): Promise<string> {
  const choices: Choice<string>[] = models.map((model) => ({ value: model, name: model }));
  choices.push({ value: OTHER, name: 'Another one' });
  const picked = await ask.choose('Model', choices, preset);
  if (picked !== OTHER) return picked;
  return ask.text('Name of the model', '', (value) =>
    value === '' ? 'Write its name as the provider does.' : null,
  );
}

async function askModel(
  ask: Ask,
  choice: 'anthropic' | 'openai' | 'both',
  listed: ReadonlyMap<string, string[]>,
): Promise<ModelChoice> {
  const providers = keyedProviders(choice);
  const all = providers.flatMap((provider) => modelChoices(provider, listed.get(provider) ?? []));
  const model = await pickModel(ask, all, undefined);
  const owner =
    providers.find((provider) => modelChoices(provider, listed.get(provider) ?? []).includes(model)) ??
    providers.find((provider) => listed.get(provider)?.includes(model)) ??
    (model.startsWith('claude') ? 'anthropic' : (providers.at(-1) ?? 'openai'));
  return keyedModel(owner, model);
}

/** cagent finds Anthropic's key by itself; OpenAI's has to be named (a key from a file is not sent otherwise). */
export function keyedModel(provider: 'anthropic' | 'openai', model: string): ModelChoice {
  return { provider, model, ...(provider === 'openai' && { tokenKey: 'OPENAI_API_KEY' }) };
}

async function askLocal(ask: Ask, draft: Draft, env: Environment): Promise<ModelChoice> {
  const now = modelOf(draft.soul.text);
  const known = now?.provider === 'local' ? now : null;
  for (;;) {
    const baseUrl = await ask.text(
      'Base address of its API',
      known?.baseUrl ?? (env.OPENAI_BASE_URL || LOCAL_BASE_URL),
      (value) => (isHttp(value) ? null : 'Write an address such as http://localhost:11434/v1'),
    );
    const { tokenKey, key } = await askServerKey(ask, draft, known, baseUrl);
    // From a container, the owner's machine has another name; the check is made from here, where it is localhost.
    const check = await checkKey({
      provider: 'local',
      key,
      baseUrl: onThisMachine(baseUrl),
      env: draft.environment,
    });
    report(ask, 'The server', check);
    if (check.result !== 'accepted') {
      const keep = await ask.choose('What now?', [
        { value: false, name: 'Enter it again' },
        { value: true, name: 'Go on all the same' },
      ]);
      if (!keep) continue;
    }
    if (tokenKey === 'OPENAI_API_KEY' && key !== undefined) draft.set(tokenKey, key);
    const models = modelsOf(check).slice(0, 20);
    const model = await pickModel(
      ask,
      models,
      known && models.includes(known.model) ? known.model : undefined,
    );
    return { provider: 'local', model, baseUrl, ...(tokenKey !== undefined && { tokenKey }) };
  }
}

/** @returns the key and the variable that holds it; neither where the server wants none */
async function askServerKey(
  ask: Ask,
  draft: Draft,
  known: NamedModel | null,
  baseUrl: string,
): Promise<{ tokenKey?: string; key?: string }> {
  const { tokenKey } = known ?? {};
  const set = tokenKey === undefined ? undefined : draft.key(tokenKey);
  if (tokenKey !== undefined && set !== undefined && isSameServer(known?.baseUrl ?? '', baseUrl)) {
    if (await ask.yes(`${tokenKey} is set (${masked(set)}). Keep it?`, true)) return { tokenKey, key: set };
  }
  if (!(await ask.yes('Does it want a key?', false))) return {};
  return { tokenKey: 'OPENAI_API_KEY', key: await ask.secret('Its key', keyProblem) };
}

export function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** @returns the address as this machine reaches it */
export function onThisMachine(baseUrl: string): string {
  return baseUrl.replace('//host.docker.internal', '//localhost');
}

/** @returns the address as a container reaches it, where it is one on this machine */
function fromContainer(baseUrl: string): string {
  return baseUrl.replace(
    /^(https?:\/\/)(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/i,
    '$1host.docker.internal',
  );
}

/** Within a container, `localhost` is the container. */
export function reachable(model: ModelChoice): ModelChoice {
  return model.baseUrl === undefined ? model : { ...model, baseUrl: fromContainer(model.baseUrl) };
}

async function applyModel(ask: Ask, draft: Draft, model: ModelChoice | null): Promise<void> {
  if (model === null) return;
  draft.model = model;
  const { text, original, own } = draft.soul;
  const now = modelOf(text);
  if (!own || isDefaultButModel(text, original)) return;
  if (now?.provider === model.provider && now.model === model.model) return;
  draft.replaceModel = await ask.yes(
    `You have changed soul.yaml; it names ${now ? `${now.provider}/${now.model}` : 'its model in a way of its own'}. Put ${model.provider}/${model.model} into it?`,
    model.provider === 'offline', // the answer just given says so
  );
}

async function askEngine(
  ask: Ask,
  draft: Draft,
  mode: 'compose' | 'local',
  choice: ProviderChoice,
): Promise<void> {
  if (choice === 'none') {
    // The rules that answer without a model are the embedded agent's; cagent has none.
    draft.set('MOBYCLAW_AGENT', 'embedded');
    return;
  }
  if (mode === 'local') return; // whichever there is on the PATH
  const engine = await ask.choose<string>(
    'Which program runs the agent?',
    [
      { value: 'cagent', name: "cagent, Docker's agent runtime", description: 'its image is fetched' },
      { value: 'embedded', name: 'the one that comes with Mobyclaw', description: 'nothing to fetch' },
    ],
    draft.first ? 'cagent' : (draft.value('MOBYCLAW_AGENT') ?? 'cagent'),
  );
  draft.set('MOBYCLAW_AGENT', engine);
}
