/**
 * Which model soul.yaml means: an entry of `models`, or `provider/model` written inline; and which keys it needs.
 * With no key of any provider in the environment the answer is `offline`, so that Moby runs with no account at all.
 * Where another provider's key is set, a missing key is an error: a model is never changed behind the owner's back.
 */
import type { ModelConfig, ProviderConfig, Soul } from './schema.ts';

export type ModelKind = 'anthropic' | 'google' | 'openai' | 'compatible' | 'offline';

export interface ResolvedModel {
  kind: ModelKind;
  /** As soul.yaml names them; `provider/model` is what the agent reports. */
  provider: string;
  model: string;
  baseUrl?: string;
  apiKey?: string;
  /** OpenAI's Responses API instead of chat completions. */
  responses: boolean;
  settings: ModelConfig;
}

export class ModelConfigError extends Error {
  override name = 'ModelConfigError';
}

export type Environment = Record<string, string | undefined>;

interface BuiltIn {
  kind: ModelKind;
  keys: readonly string[];
  baseUrl?: string;
}

const BUILT_IN: Record<string, BuiltIn> = {
  anthropic: { kind: 'anthropic', keys: ['ANTHROPIC_API_KEY'] },
  openai: { kind: 'openai', keys: ['OPENAI_API_KEY'] },
  google: { kind: 'google', keys: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'] },
  mistral: { kind: 'compatible', keys: ['MISTRAL_API_KEY'], baseUrl: 'https://api.mistral.ai/v1' },
  xai: { kind: 'compatible', keys: ['XAI_API_KEY'], baseUrl: 'https://api.x.ai/v1' },
  nebius: { kind: 'compatible', keys: ['NEBIUS_API_KEY'], baseUrl: 'https://api.studio.nebius.com/v1' },
  requesty: { kind: 'compatible', keys: ['REQUESTY_API_KEY'], baseUrl: 'https://router.requesty.ai/v1' },
  minimax: { kind: 'compatible', keys: ['MINIMAX_API_KEY'], baseUrl: 'https://api.minimax.io/v1' },
  ollama: { kind: 'compatible', keys: [], baseUrl: 'http://localhost:11434/v1' },
  dmr: { kind: 'compatible', keys: [], baseUrl: 'http://localhost:12434/engines/v1' },
  offline: { kind: 'offline', keys: [] },
};

/** Every variable that may hold a provider's key: what makes "no key at all" true, and what a shell tool is not given. */
export const PROVIDER_KEYS: readonly string[] = Object.values(BUILT_IN).flatMap((entry) => entry.keys);

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
 * @throws ModelConfigError naming the part of soul.yaml to edit, or the variable to set
 */
export function resolveModel(soul: Soul, environment: Environment, agent = 'root'): ResolvedModel {
  const ref = soul.agents[agent]?.model ?? '';
  const settings = namedModel(soul, ref);
  if (!settings) throw unknownModel(soul, agent, ref);
  const custom = soul.providers?.[settings.provider];
  const builtIn = Object.hasOwn(BUILT_IN, settings.provider) ? BUILT_IN[settings.provider] : undefined;
  if (!custom && !builtIn && !settings.base_url) {
    throw new ModelConfigError(
      `models: the provider "${settings.provider}" of "${ref}" is unknown; use one of ` +
        `${Object.keys(BUILT_IN).join(', ')}, define it under providers:, or give the model a base_url`,
    );
  }
  const baseUrl = settings.base_url ?? custom?.base_url ?? builtIn?.baseUrl;
  const keys = keyNames(settings, custom, builtIn);
  const apiKey = keys.map((name) => environment[name]).find((value) => value);
  if (!apiKey && keys.length > 0 && !keyless(settings, custom, builtIn)) {
    const others = otherKeys(soul, environment);
    if (others.length === 0) return OFFLINE;
    throw missingKey(ref, settings, keys, others);
  }
  const kind = custom ? 'compatible' : (builtIn?.kind ?? 'compatible');
  if (kind === 'offline') return OFFLINE;
  return {
    kind,
    provider: settings.provider,
    model: settings.model,
    ...(baseUrl ? { baseUrl } : {}),
    ...(apiKey ? { apiKey } : {}),
    responses:
      custom?.api_type === 'openai_responses' || (kind === 'openai' && RESPONSES_MODELS.test(settings.model)),
    settings,
  };
}

/** An entry of `models`, or `provider/model`. @returns null where it is neither */
export function namedModel(soul: Soul, ref: string): ModelConfig | null {
  const entry = soul.models?.[ref];
  if (entry) return entry;
  const slash = ref.indexOf('/');
  if (slash <= 0 || ref.includes(',')) return null;
  return { provider: ref.slice(0, slash), model: ref.slice(slash + 1) };
}

function unknownModel(soul: Soul, agent: string, ref: string): ModelConfigError {
  const names = Object.keys(soul.models ?? {});
  return new ModelConfigError(
    `agents.${agent}.model: "${ref}" is neither an entry of models: (${names.join(', ') || 'none'}) nor provider/model`,
  );
}

function keyNames(
  settings: ModelConfig,
  custom: ProviderConfig | undefined,
  builtIn: BuiltIn | undefined,
): readonly string[] {
  if (settings.token_key) return [settings.token_key];
  if (custom) return custom.token_key ? [custom.token_key] : [];
  return builtIn?.keys ?? [];
}

/** A server of the owner's own, named by base_url without a token_key, is asked without a key where none is set. */
function keyless(
  settings: ModelConfig,
  custom: ProviderConfig | undefined,
  builtIn: BuiltIn | undefined,
): boolean {
  if (settings.token_key || custom?.token_key) return false;
  return settings.base_url !== undefined && builtIn?.kind !== 'anthropic' && builtIn?.kind !== 'google';
}

/** Variables that soul.yaml names as keys of its own. */
export function customKeys(soul: Soul): string[] {
  return [...Object.values(soul.models ?? {}), ...Object.values(soul.providers ?? {})].flatMap((entry) =>
    entry.token_key ? [entry.token_key] : [],
  );
}

function otherKeys(soul: Soul, environment: Environment): string[] {
  return [...new Set([...PROVIDER_KEYS, ...customKeys(soul)])].filter((name) => environment[name]);
}

function missingKey(
  ref: string,
  settings: ModelConfig,
  keys: readonly string[],
  others: readonly string[],
): ModelConfigError {
  return new ModelConfigError(
    `The following environment variables must be set:\n - ${keys.join(' or ')}\n` +
      `The model "${ref}" (${settings.provider}/${settings.model}) needs it. Add it to .env, or change the models ` +
      `section of soul.yaml to a provider whose key is set (${others.join(', ')}).`,
  );
}
