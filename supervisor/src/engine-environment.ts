/**
 * What the engine is handed of what its supervisor has: what any program needs, every credential, keys of models, and what
 * the soul.yaml that it is about to run names. The agent that comes with Mobyclaw keeps keys from the programs that it
 * runs, and needs to see those of other providers to say which is missing; cagent gives its environment to its tools, so it
 * is handed no key of a provider that soul.yaml does not name.
 */
import { CREDENTIAL_NAMES } from '@mobyclaw/lib/environment-names';
import { namedVariables } from '@mobyclaw/lib/soul-variables';
import { PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import type { FoundEngine } from './engine.ts';

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
  if (kind !== 'cagent') return env;
  const credentials = (given[CREDENTIAL_NAMES] ?? '').split(',');
  for (const name of PROVIDER_SECRETS) {
    if (!named.includes(name) && !credentials.includes(name)) delete env[name];
  }
  return env;
}
