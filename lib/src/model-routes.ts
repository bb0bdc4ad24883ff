/**
 * The ways of model calls through the relay of egress: one route for each provider that agents know by name, one for each
 * address of the owner's in soul.yaml. The supervisor, which fits addresses to the engine, and egress, which forwards, both
 * read them here, so that they cannot disagree.
 *
 * A route is the first part of the relay's path. What follows it the engine makes as it would for the address itself, so a
 * route ends in the API version where the address does.
 */
import { createHash } from 'node:crypto';
import { MODEL_PROVIDERS, type ProviderKind } from '@mobyclaw/protocol/model-providers';
import type { Environment, ModelSettings, SoulModels } from './model-ref.ts';

/** By which the key is shown and usage is told. */
export type Wire = 'anthropic' | 'openai' | 'google';

export interface ModelRoute {
  name: string;
  /** As soul.yaml names it. */
  provider: string;
  wire: Wire;
  /** As it is written, `${env.X}` and all. */
  address: string;
  /** Variables that hold the key; the first that is set counts. */
  keys: readonly string[];
  /** soul.yaml names the key itself (`token_key`), so that without it there is no call. */
  isKeyNamed: boolean;
}

interface Standard {
  address: string;
  /** Where the owner says another address for all calls of the provider. */
  variables: readonly string[];
}

const STANDARDS: Readonly<Record<string, Standard>> = {
  anthropic: { address: 'https://api.anthropic.com', variables: ['ANTHROPIC_BASE_URL'] },
  openai: { address: 'https://api.openai.com/v1', variables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'] },
  google: {
    address: 'https://generativelanguage.googleapis.com',
    variables: ['GOOGLE_GEMINI_BASE_URL', 'GEMINI_BASE_URL', 'GOOGLE_BASE_URL'],
  },
  azure: { address: '', variables: ['AZURE_OPENAI_BASE_URL', 'AZURE_BASE_URL', 'AZURE_API_BASE'] },
};

/** Of the providers that are known by name, whether soul.yaml names them or not. */
export function standardRoutes(environment: Environment): ModelRoute[] {
  return Object.entries(MODEL_PROVIDERS).flatMap(([provider, { kind, keys, baseUrl }]) => {
    if (kind === 'offline' || kind === 'bedrock') return [];
    const standard = STANDARDS[provider];
    const set = standard?.variables.map((name) => environment[name]).find(Boolean);
    const address = set ?? standard?.address ?? baseUrl ?? '';
    return address === ''
      ? []
      : [{ name: provider, provider, wire: wireOf(kind), address, keys, isKeyNamed: false }];
  });
}

/**
 * The route of a model, and its name in the relay's path.
 * @returns null where it has no address, as Amazon's has none, or is answered by nobody, as the offline model
 */
export function routeOf(
  soul: SoulModels,
  { provider, base_url, token_key }: ModelSettings,
): ModelRoute | null {
  const custom = soul.providers?.[provider];
  const known = custom || !Object.hasOwn(MODEL_PROVIDERS, provider) ? undefined : MODEL_PROVIDERS[provider];
  if (known?.kind === 'offline' || known?.kind === 'bedrock') return null;
  const own = base_url ?? custom?.base_url;
  const key = token_key ?? custom?.token_key;
  const wire = wireOf(known?.kind ?? 'compatible');
  const keys = key === undefined ? (known?.keys ?? []) : [key];
  const address = own ?? known?.baseUrl ?? STANDARDS[provider]?.address ?? '';
  if (own === undefined && key === undefined)
    return known ? { name: provider, provider, wire, address, keys, isKeyNamed: false } : null;
  const mark = createHash('sha256').update(`${address}\0${keys.join()}`).digest('hex').slice(0, 8);
  const name = `${provider.replace(/[^\w.-]/g, '_')}-${mark}`;
  return address === '' ? null : { name, provider, wire, address, keys, isKeyNamed: key !== undefined };
}

/** All that a soul.yaml names by an address or a key of its own. */
export function ownRoutes(soul: SoulModels): ModelRoute[] {
  const models = Object.values(soul.models ?? {});
  const bare = Object.keys(soul.providers ?? {}).map((provider) => ({ provider, model: '' }));
  return [...models, ...bare].flatMap((model) => routeOf(soul, model) ?? []);
}

/** @param relay its address, such as `http://egress:8119` @returns what an engine is to use as the base of its calls */
export function relayedAddress(relay: string, { name, address }: ModelRoute): string {
  return `${relay.replace(/\/+$/, '')}/${name}${versionOf(address)}`;
}

/** @returns the API version that an address ends in, such as `/v1`; empty where it names none */
export function versionOf(address: string): string {
  return /\/v\d+\w*(?=\/*$)/.exec(address)?.[0] ?? '';
}

function wireOf(kind: ProviderKind): Wire {
  return kind === 'anthropic' || kind === 'google' ? kind : 'openai';
}
