/**
 * The model in soul.yaml: which one it names, and a copy of the text that names another. The YAML parser says where each
 * value stands, and characters are replaced there; comments, order and spacing of all the rest stay as the owner wrote
 * them. A file that does not parse, or names its model in another way, is not touched: null says so.
 */
import { readYaml } from '@mobyclaw/lib/yaml-text';
import { MODEL_PROVIDERS } from '@mobyclaw/protocol/model-providers';
import { type Document, isMap, isScalar, type Pair, type YAMLMap } from 'yaml';

export interface ModelChoice {
  /** `offline` answers by rules, whatever keys there are. */
  provider: 'anthropic' | 'openai' | 'local' | 'offline';
  model: string;
  /** Of a server that speaks OpenAI's API; for `local` only. */
  baseUrl?: string;
  /** Variable that holds the key, where one has to be named. */
  tokenKey?: string;
}

export interface NamedModel {
  provider: string;
  model: string;
  baseUrl?: string;
  /** Variable that the file names for the key. */
  tokenKey?: string;
}

interface Edit {
  at: number;
  end: number;
  text: string;
}

/** @returns what the file asks for, or null where that cannot be told */
export function modelOf(text: string): NamedModel | null {
  const document = readYaml(text);
  const entry = entryOf(document);
  if (!entry) return null;
  const provider = entry.get('provider');
  const model = entry.get('model');
  if (typeof provider !== 'string' || typeof model !== 'string') return null;
  const of = (key: string): unknown => entry.get(key) ?? document.getIn(['providers', provider, key]);
  const [baseUrl, tokenKey] = [of('base_url'), of('token_key')];
  return {
    provider,
    model,
    ...(typeof baseUrl === 'string' && { baseUrl }),
    ...(typeof tokenKey === 'string' && { tokenKey }),
  };
}

/** @returns the variables of which any may hold the key of this model; none where it is asked without one */
export function keyNamesOf({ provider, baseUrl, tokenKey }: NamedModel): readonly string[] {
  if (tokenKey !== undefined) return [tokenKey];
  const known = Object.hasOwn(MODEL_PROVIDERS, provider) ? MODEL_PROVIDERS[provider] : undefined;
  // A server of the owner's own is sent no key that is not named for it; the other two are asked with theirs there too.
  if (baseUrl !== undefined && known?.kind !== 'anthropic' && known?.kind !== 'google') return [];
  return known?.keys ?? [];
}

/** @returns the text with another model of the provider that it names, or null where the file has no such place */
export function withModelName(text: string, model: string): string | null {
  const document = readYaml(text);
  const entry = document.errors.length === 0 ? entryOf(document) : null;
  return entry && applied(text, mapEdits(text, entry, { model }));
}

/** @returns the text with `choice` in it, or null where the file has no such place */
export function withModel(text: string, choice: ModelChoice): string | null {
  const document = readYaml(text);
  const entry = document.errors.length === 0 ? entryOf(document) : null;
  if (!entry) return null;
  const local = choice.provider === 'local';
  const edits = mapEdits(text, entry, {
    provider: choice.provider,
    model: choice.model,
    token_key: local ? null : (choice.tokenKey ?? null),
    base_url: null,
  });
  let end = '';
  if (local) {
    const wanted = {
      api_type: 'openai_chatcompletions',
      base_url: choice.baseUrl ?? '',
      token_key: choice.tokenKey ?? null,
    };
    const known = document.getIn(['providers', 'local']);
    const providers = document.get('providers');
    const inline = `{ ${pairs(wanted).join(', ')} }`;
    if (isMap(known)) edits.push(...mapEdits(text, known, wanted));
    else if (isMap(providers)) edits.push(...mapEdits(text, providers, { local: { raw: inline } }));
    else if (providers === undefined) end = `\nproviders:\n  local: ${inline}\n`;
    else return null;
  }
  return applied(text, edits, end);
}

/** @returns null where the result would not parse */
function applied(text: string, edits: readonly Edit[], end = ''): string | null {
  const edited = edits
    .toSorted((a, b) => b.at - a.at)
    .reduce((result, edit) => result.slice(0, edit.at) + edit.text + result.slice(edit.end), text);
  const whole = end !== '' && !edited.endsWith('\n') ? `${edited}\n${end}` : edited + end;
  return readYaml(whole).errors.length === 0 ? whole : null;
}

/** Whether `text` is the file as it comes, but for the model. */
export function isDefaultButModel(text: string, original: string): boolean {
  if (text === original) return true;
  const same: ModelChoice = { provider: 'local', model: 'x', baseUrl: 'http://x' };
  const plain = withModel(text, same);
  return plain !== null && plain === withModel(original, same);
}

/** The entry of `models` that the root agent names. */
function entryOf(document: Document): YAMLMap | null {
  const name = document.getIn(['agents', 'root', 'model']);
  const entry = typeof name === 'string' ? document.getIn(['models', name]) : undefined;
  return isMap(entry) ? entry : null;
}

type Value = string | null | { raw: string };

/** Edits that give `map` these values; null takes a key away. */
function mapEdits(text: string, map: YAMLMap, values: Readonly<Record<string, Value>>): Edit[] {
  const edits: Edit[] = [];
  const missing: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const index = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
    const pair = map.items[index];
    if (pair === undefined) {
      if (value !== null) missing.push(`${key}: ${render(value)}`);
    } else if (value === null) {
      edits.push(removal(text, map, index));
    } else if (isScalar(pair.value) && pair.value.range) {
      edits.push({ at: pair.value.range[0], end: pair.value.range[1], text: render(value) });
    }
  }
  const [first] = map.items;
  const at = first === undefined ? null : startOf(first);
  if (missing.length > 0 && at !== null) {
    // Before the first key: the only place that is certain to belong to the map, whatever comments follow it.
    const between = map.flow ? ', ' : `\n${' '.repeat(at - lineStart(text, at))}`;
    edits.push({ at, end: at, text: missing.map((line) => line + between).join('') });
  }
  return edits;
}

function removal(text: string, map: YAMLMap, index: number): Edit {
  const at = startOf(map.items[index]) ?? 0;
  const next = map.items[index + 1];
  const own = map.items[index]?.value;
  const end = isScalar(own) && own.range ? own.range[1] : at;
  if (!map.flow) {
    const newline = text.indexOf('\n', end);
    return { at: lineStart(text, at), end: newline === -1 ? text.length : newline + 1, text: '' };
  }
  if (next !== undefined) return { at, end: startOf(next) ?? end, text: '' };
  const comma = text.lastIndexOf(',', at);
  return { at: index === 0 ? at : comma, end, text: '' };
}

function startOf(pair: Pair | undefined): number | null {
  return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : null;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function pairs(values: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null ? [] : [`${key}: ${render(value)}`],
  );
}

function render(value: Exclude<Value, null>): string {
  if (typeof value !== 'string') return value.raw;
  return /^[a-z_][\w./:@-]*\w$/i.test(value) ? value : JSON.stringify(value);
}
