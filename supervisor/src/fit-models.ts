/**
 * Leads the model calls of an engine through the relay of egress: each model of soul.yaml whose address or key are its own,
 * or whose provider is told another address by no variable, gets the address of its route as `base_url`. What is named only
 * by a provider that reads a variable (Anthropic, OpenAI, Google) is led there by that.
 *
 * A server that wants no key is shown the virtual one by the relay's own name for it, since the relay wants one.
 */
import { type ModelRoute, relayedAddress, routeOf } from '@mobyclaw/lib/model-routes';
import { soulModels } from '@mobyclaw/lib/soul-models';
import { isMap, isPair, isScalar, type YAMLMap } from 'yaml';
import type { Edit } from './fit-permissions.ts';

/** Of the relay, as the engine reaches it. */
export interface RelayAccess {
  url: string;
  /** Variable that holds the virtual key. */
  keyName: string;
}

/** @see cagent-1.111.md §4: these are read by both generations, the like of other providers by none. */
const READ_FROM_ENVIRONMENT = new Set(['anthropic', 'openai', 'google']);

/** @param root of a soul.yaml; @param source its text */
export function relayedModels(root: YAMLMap, source: string, relay: RelayAccess): Edit[] {
  const soul = soulModels(source);
  if (soul === null) return [];
  const models = root.get('models', true);
  const edits: Edit[] = [];
  const own = isMap(models) ? models.items : [];
  for (const item of own) {
    if (!isPair(item) || !isScalar(item.key) || !isMap(item.value)) continue;
    const model = soul.models?.[String(item.key.value)];
    const route = model ? routeOf(soul, model) : null;
    if (model && route && !isLed(route)) edits.push(...edit(item.value, source, route, relay));
  }
  return [...edits, ...inlineModels(root, soul, relay, isMap(models) ? models : null, source)];
}

/** By a variable of the engine's environment. */
function isLed({ name, provider }: ModelRoute): boolean {
  return name === provider && READ_FROM_ENVIRONMENT.has(provider);
}

function edit(map: YAMLMap, source: string, route: ModelRoute, relay: RelayAccess): Edit[] {
  const address = JSON.stringify(relayedAddress(relay.url, route));
  const set = map.get('base_url', true);
  const keyed = route.keys.length > 0;
  const wanted: [string, string][] = [
    ...(isScalar(set) && set.range ? [] : [['base_url', address] as [string, string]]),
    ...(keyed ? [] : [['token_key', relay.keyName] as [string, string]]),
  ];
  const placed = wanted.length === 0 ? [] : insertion(map, source, wanted);
  const replaced = isScalar(set) && set.range ? [{ at: set.range[0], end: set.range[1], text: address }] : [];
  return [...replaced, ...placed];
}

/** Before the first key of the map, in its own style and indentation. */
function insertion(map: YAMLMap, source: string, entries: readonly [string, string][]): Edit[] {
  const first = map.items[0]?.key;
  if (!isScalar(first) || !first.range) return [];
  const at = first.range[0];
  const texts = entries.map(([name, value]) => `${name}: ${value}`);
  if (map.flow) return [{ at, end: at, text: `${texts.join(', ')}, ` }];
  const indent = ' '.repeat(at - (source.lastIndexOf('\n', at - 1) + 1));
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  return [{ at, end: at, text: texts.map((text) => `${text}${newline}${indent}`).join('') }];
}

/** `provider/model` where an agent names it: an entry of `models` under that very name says where it is asked. */
function inlineModels(
  root: YAMLMap,
  soul: NonNullable<ReturnType<typeof soulModels>>,
  relay: RelayAccess,
  models: YAMLMap | null,
  source: string,
): Edit[] {
  const refs = new Set(
    Object.values(soul.agents).flatMap(({ model }) => model.split(',').map((ref) => ref.trim())),
  );
  const entries = [...refs].flatMap((ref): [string, string][] => {
    const slash = ref.indexOf('/');
    if (slash <= 0 || soul.models?.[ref]) return [];
    const named = { provider: ref.slice(0, slash), model: ref.slice(slash + 1) };
    const route = routeOf(soul, named);
    if (!route || isLed(route)) return [];
    const settings = {
      ...named,
      base_url: relayedAddress(relay.url, route),
      token_key: route.keys[0] ?? relay.keyName,
    };
    return [[JSON.stringify(ref), JSON.stringify(settings)]]; // which YAML reads as well
  });
  if (entries.length === 0) return [];
  if (models && models.items.length > 0) return insertion(models, source, entries);
  const first = root.items[0]?.key;
  if (models || !isScalar(first) || !first.range) return [];
  const text = `models: {${entries.map(([name, value]) => `${name}: ${value}`).join(', ')}}\n`;
  return [{ at: first.range[0], end: first.range[0], text }];
}
