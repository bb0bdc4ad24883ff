/** Names that are one or two slips away from a setting: what is set under them does nothing, and their owner believes that it does. */

import { SETTING_NAMES } from '@mobyclaw/lib/settings';
import { PROVIDER_ADDRESSES, PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import { distance } from 'fastest-levenshtein';

const MOST_SLIPS = 2; // two letters that changed places are two
const SHORTEST = 8; // shorter names are near to too many

const KNOWN: ReadonlySet<string> = new Set([...SETTING_NAMES, ...PROVIDER_SECRETS, ...PROVIDER_ADDRESSES]);

/** @returns the setting that was meant, or null where the name is known or like none */
export function nearMiss(name: string): string | null {
  if (KNOWN.has(name) || name.length < SHORTEST) return null;
  const plain = name.toUpperCase();
  const [nearest] = [...KNOWN]
    .map((known) => ({ known, slips: distance(plain, known) }))
    .filter(({ slips }) => slips <= MOST_SLIPS)
    .sort((one, other) => one.slips - other.slips);
  return nearest?.known ?? null;
}
