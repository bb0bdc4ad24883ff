/** The way of a model's calls where there is a relay (egress): its address in the place of the provider's, and its key. */
import type { Environment, SoulModels } from '@mobyclaw/lib/model-ref';
import { relayedAddress, routeOf, versionOf } from '@mobyclaw/lib/model-routes';
import type { RelayedModel, ResolvedModel } from './create-model.ts';

/** @returns null where models are asked directly, or there is nobody to ask */
export function relayed(
  soul: SoulModels,
  environment: Environment,
  { kind, settings }: ResolvedModel,
): RelayedModel | null {
  const { MOBYCLAW_RELAY_URL: url, MOBYCLAW_MODEL_KEY: key } = environment;
  const route = url && key && kind !== 'offline' ? routeOf(soul, settings) : null;
  if (!url || !key || !route) return null;
  const address = relayedAddress(url, route);
  // Google's address stands with its version here, and without it in cagent.
  return { key, address: kind === 'google' && versionOf(address) === '' ? `${address}/v1beta` : address };
}
