/**
 * Leads the model calls of an engine through the relay of egress: each provider of soul.yaml, and each model whose address
 * or key are its own or whose provider is told another address by no variable, gets the address of its route as `base_url`.
 * What is named only by a provider that reads a variable (Anthropic, OpenAI, Google) is led there by that.
 *
 * An engine is given `provider/model` in many places (an agent, its fallback, a title, a run), so where soul.yaml defines
 * the provider, the address is set there once and holds for all of them.
 *
 * A server that wants no key is shown the virtual one by the relay's own name for it, since the relay wants one.
 */
import type { ModelSettings, SoulModels } from '@mobyclaw/lib/model-ref';
import { type ModelRoute, relayedAddress, routeOf } from '@mobyclaw/lib/model-routes';
import { soulModels } from '@mobyclaw/lib/soul-models';
import { isAlias, isMap, isScalar, isSeq, visit, type YAMLMap } from 'yaml';
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
  for (const [name, map] of entriesOf(root.get('providers', true))) {
    const route = routeOf(soul, { provider: name, model: '' });
    if (route && !isLed(route)) edits.push(...edit(map, source, route, relay));
  }
  for (const [name, map] of entriesOf(models)) {
    const model = soul.models?.[name];
    const route = model ? routeOf(soul, model) : null;
    if (model && route && !isLed(route) && !inherits(soul, model))
      edits.push(...edit(map, source, route, relay));
  }
  return [...edits, ...inlineModels(root, soul, relay, isMap(models) ? models : null, source)];
}

function entriesOf(map: unknown): [string, YAMLMap][] {
  return (isMap(map) ? map.items : []).flatMap(({ key, value }): [string, YAMLMap][] =>
    isScalar(key) && isMap(value) ? [[String(key.value), value]] : [],
  );
}

/** By a variable of the engine's environment. */
function isLed({ name, provider }: ModelRoute): boolean {
  return name === provider && READ_FROM_ENVIRONMENT.has(provider);
}

/** From its provider's entry, which has an address. */
function inherits(soul: SoulModels, { provider, base_url, token_key }: ModelSettings): boolean {
  return (
    base_url === undefined && token_key === undefined && soul.providers?.[provider]?.base_url !== undefined
  );
}

function edit(map: YAMLMap, source: string, route: ModelRoute, relay: RelayAccess): Edit[] {
  const address = JSON.stringify(relayedAddress(relay.url, route));
  const set = map.get('base_url', true);
  const range = isScalar(set) || isAlias(set) ? set.range : undefined;
  const wanted: [string, string][] = [
    ...(range ? [] : [['base_url', address] as [string, string]]),
    ...(route.keys.length > 0 ? [] : [['token_key', relay.keyName] as [string, string]]),
  ];
  const placed = wanted.length === 0 ? [] : insertion(map, source, wanted);
  const replaced = range ? [{ at: range[0], end: range[1], text: address }] : [];
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

/**
 * `provider/model` of a provider that is known by name: an entry of `models` under that very name says where it is asked.
 * Keys that newer engines have are looked for everywhere in `agents` and `models`, since each version brings more places.
 */
function inlineModels(
  root: YAMLMap,
  soul: NonNullable<ReturnType<typeof soulModels>>,
  relay: RelayAccess,
  models: YAMLMap | null,
  source: string,
): Edit[] {
  const entries = [...namedModels(root)].flatMap((ref): [string, string][] => {
    const slash = ref.indexOf('/');
    if (slash <= 0 || soul.models?.[ref]) return [];
    const named = { provider: ref.slice(0, slash), model: ref.slice(slash + 1) };
    const route = routeOf(soul, named);
    if (!route || isLed(route) || inherits(soul, named)) return [];
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

const NAMING = new Set(['model', 'models', 'title_model', 'compaction_model', 'first_available']);

/** All that stands where an engine reads the name of a model, or several with commas between. */
function namedModels(root: YAMLMap): Set<string> {
  const refs = new Set<string>();
  const add = (value: unknown): void => {
    if (!isScalar(value) || typeof value.value !== 'string') return;
    for (const ref of value.value.split(',')) refs.add(ref.trim());
  };
  for (const part of ['agents', 'models']) {
    const node = root.get(part, true);
    if (!isMap(node)) continue;
    visit(node, {
      Pair(_key, { key, value }) {
        if (!isScalar(key) || !NAMING.has(String(key.value))) return;
        if (isSeq(value)) value.items.forEach(add);
        else add(value);
      },
    });
  }
  return refs;
}
