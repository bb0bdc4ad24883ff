/**
 * What the engine is handed of what its supervisor has: what any program needs, every credential, keys of models, and what
 * the soul.yaml that it is about to run names. The agent that comes with Mobyclaw keeps keys from the programs that it
 * runs, and needs to see those of other providers to say which is missing; cagent gives its environment to its tools, so it
 * is handed no key of a provider that soul.yaml does not name.
 *
 * Where there is a relay no key of a model is a real one: each that the owner has set is the virtual key, which opens the
 * relay and nothing else, and an engine that asks by variables where its providers are is told the relay.
 */
import { CREDENTIAL_NAMES } from '@mobyclaw/lib/environment-names';
import { relayedAddress, standardRoutes } from '@mobyclaw/lib/model-routes';
import { namedVariables, soulVariables } from '@mobyclaw/lib/soul-variables';
import { PROVIDER_ADDRESSES, PROVIDER_KEYS, PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import type { FoundEngine } from './engine.ts';
import type { RelayAccess } from './fit-models.ts';

const MODEL_KEY = 'MOBYCLAW_MODEL_KEY';

/** Variables by which cagent and Google's library are told where to ask, in the form that each takes. */
const TOLD_BY: Readonly<Record<string, string>> = {
  anthropic: 'ANTHROPIC_BASE_URL',
  openai: 'OPENAI_BASE_URL',
  google: 'GOOGLE_GEMINI_BASE_URL',
};

/** @returns null where models are asked without one */
export function relayIn(given: Readonly<Record<string, string | undefined>>): RelayAccess | null {
  const { MOBYCLAW_RELAY_URL: url, [MODEL_KEY]: key } = given;
  return url && key ? { url, keyName: MODEL_KEY } : null;
}

/**
 * @param given what may be handed on, credentials included
 * @param beside the owner's other variables, of which only those that `soul` names are handed on
 */
export function engineEnvironment(
  kind: FoundEngine['kind'],
  soul: string,
  given: Readonly<Record<string, string>>,
  beside: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const named = namedVariables(soul);
  const env = { ...given };
  for (const name of named) {
    const value = beside[name];
    if (env[name] === undefined && value !== undefined && value !== '') env[name] = value;
  }
  const relay = relayIn(given);
  if (relay) leadThrough(relay, env, soul, kind);
  if (kind !== 'cagent') return env;
  const credentials = (given[CREDENTIAL_NAMES] ?? '').split(',');
  for (const name of PROVIDER_SECRETS) {
    if (!named.includes(name) && !credentials.includes(name)) delete env[name];
  }
  return env;
}

function leadThrough(
  relay: RelayAccess,
  env: Record<string, string>,
  soul: string,
  kind: FoundEngine['kind'],
): void {
  const virtual = env[relay.keyName] ?? '';
  for (const name of [...PROVIDER_KEYS, ...soulVariables(soul).tokenKeys]) {
    if (env[name] !== undefined) env[name] = virtual;
  }
  for (const name of PROVIDER_ADDRESSES) delete env[name]; // the owner's, which egress has
  if (kind !== 'cagent') return; // the one that comes with Mobyclaw is told the relay alone
  for (const route of standardRoutes({})) {
    const name = TOLD_BY[route.name];
    if (name !== undefined) env[name] = relayedAddress(relay.url, route);
  }
}
