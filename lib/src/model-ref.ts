/**
 * Which model soul.yaml means: an entry of `models`, or `provider/model` written inline; and which keys it needs. The
 * agent and `mobyclaw doctor` both ask here, so what the one finds wrong the other does too.
 *
 * A key that soul.yaml names itself (`token_key`) has to be there. Without it, and with no key of any provider in the
 * environment, the answer is `offline`, so that Moby runs with no account at all. Where another provider's key is set, a
 * missing one is an error: a model is never changed behind the owner's back.
 */
import {
  type KnownProvider,
  MODEL_PROVIDERS,
  PROVIDER_KEYS,
  type ProviderKind,
} from '@mobyclaw/protocol/model-providers';

export interface ModelSettings {
  provider: string;
  model: string;
  base_url?: string | undefined;
  token_key?: string | undefined;
}

interface ProviderSettings {
  base_url?: string | undefined;
  token_key?: string | undefined;
  api_type?: string | undefined;
}

/** As much of soul.yaml as says which model is meant. */
export interface SoulModels<M extends ModelSettings = ModelSettings> {
  models?: Record<string, M> | undefined;
  providers?: Record<string, ProviderSettings> | undefined;
  agents: Record<string, { model: string; fallback?: { models?: string[] | undefined } | undefined }>;
}

export interface ResolvedModel<M extends ModelSettings = ModelSettings> {
  kind: ProviderKind;
  /** As soul.yaml names them; `provider/model` is what the agent reports. */
  provider: string;
  model: string;
  baseUrl?: string;
  apiKey?: string;
  /** The variable that the key is from. */
  keyName?: string;
  /** OpenAI's Responses API instead of chat completions. */
  responses: boolean;
  settings: M;
}

export class ModelConfigError extends Error {
  override name = 'ModelConfigError';
}

/** The model is right, and the variable with its key is not there. */
export class MissingKeyError extends ModelConfigError {
  override name = 'MissingKeyError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Models for which OpenAI wants its Responses API; the same rule as cagent's. */
const RESPONSES_MODELS = /^(gpt-4\.1|o\d|gpt-5)/;

export const OFFLINE: ResolvedModel = {
  kind: 'offline',
  provider: 'offline',
  model: 'offline',
  responses: false,
  settings: { provider: 'offline', model: 'offline' },
};

/**
 * @param agent its name in soul.yaml
 * @param engine that runs it; cagent knows more providers
 * @throws ModelConfigError naming the part of soul.yaml to edit, or the variable to set
 */
export function resolveModel<M extends ModelSettings>(
  soul: SoulModels<M>,
  environment: Environment,
  agent = 'root',
  engine: 'embedded' | 'cagent' = 'embedded',
): ResolvedModel<M> {
  const ref = soul.agents[agent]?.model ?? '';
  return resolveRef(soul, environment, ref, { where: `agents.${agent}.model`, engine, mayBeOffline: true });
}

/**
 * The agent's own model, then those of its `fallback` that go on where it fails, in their order. Where the own one is
 * `offline`, there are no others; a fallback is never `offline`.
 * @throws ModelConfigError, also where the key of a fallback is missing
 */
export function resolveAll<M extends ModelSettings>(
  soul: SoulModels<M>,
  environment: Environment,
  agent = 'root',
  engine: 'embedded' | 'cagent' = 'embedded',
): [ResolvedModel<M>, ...Array<ResolvedModel<M>>] {
  const own = resolveModel(soul, environment, agent, engine);
  if (own.kind === 'offline') return [own];
  const where = `agents.${agent}.fallback.models`;
  const refs = soul.agents[agent]?.fallback?.models ?? [];
  return [
    own,
    ...refs.map((ref) => resolveRef(soul, environment, ref, { where, engine, mayBeOffline: false })),
  ];
}

/**
 * A model that is named for a run instead of the agent's own: an entry of `models`, or `provider/model`.
 * @throws ModelConfigError
 */
export function resolveNamed<M extends ModelSettings>(
  soul: SoulModels<M>,
  environment: Environment,
  ref: string,
): ResolvedModel<M> {
  return resolveRef(soul, environment, ref, { where: 'the model', engine: 'embedded', mayBeOffline: false });
}

function resolveRef<M extends ModelSettings>(
  soul: SoulModels<M>,
  environment: Environment,
  ref: string,
  { where, engine, mayBeOffline }: { where: string; engine: 'embedded' | 'cagent'; mayBeOffline: boolean },
): ResolvedModel<M> {
  const settings = namedModel(soul, ref);
  if (!settings) throw unknownModel(soul, where, ref);
  const custom = soul.providers?.[settings.provider];
  const known = providersOf(engine);
  const builtIn = Object.hasOwn(known, settings.provider) ? known[settings.provider] : undefined;
  if (!custom && !builtIn && !settings.base_url) {
    throw new ModelConfigError(
      `models: the provider "${settings.provider}" of "${ref}" is unknown; use one of ` +
        `${Object.keys(known).join(', ')}, define it under providers:, or give the model a base_url`,
    );
  }
  const baseUrl = settings.base_url ?? custom?.base_url ?? builtIn?.baseUrl;
  const keys = keyNames(settings, custom, builtIn);
  const keyName = keys.find((name) => environment[name]);
  const apiKey = keyName === undefined ? undefined : environment[keyName];
  if (!apiKey && keys.length > 0 && !keyless(settings, custom, builtIn)) {
    const explicit = settings.token_key ?? custom?.token_key;
    if (explicit !== undefined) throw missingTokenKey(ref, settings, explicit);
    const others = otherKeys(soul, environment);
    if (others.length === 0 && mayBeOffline) return OFFLINE as ResolvedModel<M>;
    throw missingKey(ref, settings, keys, others);
  }
  const kind = custom ? 'compatible' : (builtIn?.kind ?? 'compatible');
  if (kind === 'offline') return OFFLINE as ResolvedModel<M>;
  return {
    kind,
    provider: settings.provider,
    model: settings.model,
    ...(baseUrl ? { baseUrl } : {}),
    ...(apiKey ? { apiKey } : {}),
    ...(keyName ? { keyName } : {}),
    responses:
      custom?.api_type === 'openai_responses' || (kind === 'openai' && RESPONSES_MODELS.test(settings.model)),
    settings,
  };
}

function providersOf(engine: 'embedded' | 'cagent'): Readonly<Record<string, KnownProvider>> {
  if (engine === 'cagent') return MODEL_PROVIDERS;
  return Object.fromEntries(Object.entries(MODEL_PROVIDERS).filter(([, { cagentOnly }]) => !cagentOnly));
}

/** An entry of `models`, or `provider/model`. @returns null where it is neither */
export function namedModel<M extends ModelSettings>(soul: SoulModels<M>, ref: string): M | null {
  const entry = soul.models?.[ref];
  if (entry) return entry;
  const slash = ref.indexOf('/');
  if (slash <= 0 || ref.includes(',')) return null;
  return { provider: ref.slice(0, slash), model: ref.slice(slash + 1) } as M; // all the rest of it is optional
}

function unknownModel(soul: SoulModels, where: string, ref: string): ModelConfigError {
  const names = Object.keys(soul.models ?? {});
  return new ModelConfigError(
    `${where}: "${ref}" is neither an entry of models: (${names.join(', ') || 'none'}) nor provider/model`,
  );
}

function keyNames(
  settings: ModelSettings,
  custom: ProviderSettings | undefined,
  builtIn: KnownProvider | undefined,
): readonly string[] {
  if (settings.token_key) return [settings.token_key];
  if (custom) return custom.token_key ? [custom.token_key] : [];
  return builtIn?.keys ?? [];
}

/** A server of the owner's own, named by base_url without a token_key, is asked without a key where none is set. */
function keyless(
  settings: ModelSettings,
  custom: ProviderSettings | undefined,
  builtIn: KnownProvider | undefined,
): boolean {
  if (settings.token_key || custom?.token_key) return false;
  return settings.base_url !== undefined && builtIn?.kind !== 'anthropic' && builtIn?.kind !== 'google';
}

/** Variables that soul.yaml names as keys of its own. */
export function customKeys(soul: SoulModels): string[] {
  return [...Object.values(soul.models ?? {}), ...Object.values(soul.providers ?? {})].flatMap((entry) =>
    entry.token_key ? [entry.token_key] : [],
  );
}

function otherKeys(soul: SoulModels, environment: Environment): string[] {
  return [...new Set([...PROVIDER_KEYS, ...customKeys(soul)])].filter((name) => environment[name]);
}

function missingTokenKey(ref: string, settings: ModelSettings, name: string): MissingKeyError {
  return new MissingKeyError(
    `The environment variable ${name} is not set, which soul.yaml names as token_key for the model "${ref}" ` +
      `(${settings.provider}/${settings.model}). Write it as a line ${name}=… into .env, then run ./mobyclaw up; or ` +
      'change the models section of soul.yaml.',
  );
}

function missingKey(
  ref: string,
  settings: ModelSettings,
  keys: readonly string[],
  others: readonly string[],
): MissingKeyError {
  return new MissingKeyError(
    `The following environment variables must be set:\n - ${keys.join(' or ')}\n` +
      `The model "${ref}" (${settings.provider}/${settings.model}) needs it. Write it as a line NAME=… into .env, then run ./mobyclaw up; or change the models ` +
      `section of soul.yaml${others.length > 0 ? ` to a provider whose key is set (${others.join(', ')})` : ''}.`,
  );
}
