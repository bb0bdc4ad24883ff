/**
 * Fits the owner's soul.yaml to the engine that will read it. cagent 1.135 and later refuses MCP servers on private
 * addresses unless the toolset says `allow_private_ips: true`, a key that config version "7" does not have; 1.32.3 knows
 * neither the key nor a higher version. So the owner's one file stays at "7", and a copy is raised for engines that need it.
 *
 * Every agent's toolsets are seen to, also those that an anchor and `*` or `<<` share: what is inserted at the anchor
 * counts wherever it is used.
 *
 * In every cagent `allow` beats `ask`, so `allow: ["*"]` makes `ask` mean nothing: see `fit-permissions.ts`.
 *
 * Characters are inserted and replaced at the places that the YAML parser names; the rest of the text is not written
 * anew, so comments, quotes and order stay. A file that needs nothing, or that does not parse, is returned as it is: the
 * engine then says what is wrong in its own words.
 */
import { readYaml } from '@mobyclaw/lib/yaml-text';
import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, visit, type YAMLMap } from 'yaml';
import type { FoundEngine } from './engine.ts';
import { isAtLeast } from './engine-version.ts';
import { type RelayAccess, relayedModels } from './fit-models.ts';
import { askedBeforeAllowed, type Edit } from './fit-permissions.ts';

const LOWEST_VERSION = 10; // "9" was the first to take the key on MCP toolsets; "10" is what upstream documents
const OWN_HOSTS = new Set(['localhost', '[::1]', 'memory', 'gateway', 'workspace', 'egress']);

/** What aliases stand for. */
type Anchors = Map<string, unknown>;

/** @param relay through which models are asked; null: as soul.yaml says */
export function fitSoul(
  source: string,
  engine: Pick<FoundEngine, 'kind' | 'numbers'>,
  relay: RelayAccess | null = null,
): string {
  if (engine.kind !== 'cagent') return source;
  const document = readYaml(source);
  if (document.errors.length > 0 || !isMap(document.contents)) return source;
  const edits = askedBeforeAllowed(document.contents);
  if (relay) edits.push(...relayedModels(document.contents, source, relay));
  if (isAtLeast(engine.numbers, 1, 135)) edits.push(...privateServers(document, source));
  return edits
    .sort((a, b) => b.at - a.at)
    .reduce((text, edit) => text.slice(0, edit.at) + edit.text + text.slice(edit.end), source);
}

function privateServers(document: Document.Parsed, source: string): Edit[] {
  const edits: Edit[] = [];
  const anchors: Anchors = new Map();
  visit(document, {
    Value(_key, node, path) {
      if (node.anchor) anchors.set(node.anchor, node); // an alias means the last one before it
      if (!isMap(node) || !needsPermission(node, anchors, inSharedServers(path))) return;
      const place = permissionFor(node, source);
      if (place) edits.push(place);
    },
  });
  const raise = edits.length > 0 ? raisedVersion(document.contents as YAMLMap) : null;
  return raise ? [...edits, raise] : edits;
}

/** An MCP toolset (or an entry of the top-level `mcps`) whose remote server is one of ours. */
function needsPermission(map: YAMLMap, anchors: Anchors, shared: boolean): boolean {
  if (!shared && textAt(map, 'type', anchors) !== 'mcp') return false;
  if (valueAt(map, 'allow_private_ips', anchors) !== undefined) return false;
  const remote = valueAt(map, 'remote', anchors);
  const url = isMap(remote) ? textAt(remote, 'url', anchors) : null;
  return url !== null && isOwnServer(url);
}

function textAt(map: YAMLMap, key: string, anchors: Anchors): string | null {
  const value = valueAt(map, key, anchors);
  return isScalar(value) && typeof value.value === 'string' ? value.value : null;
}

/** The node of a key: of the map itself, else of those that its `<<` takes over; behind its alias where it is one. */
function valueAt(map: YAMLMap, key: string, anchors: Anchors, passed: readonly unknown[] = []): unknown {
  const behind = (node: unknown): unknown => (isAlias(node) ? anchors.get(node.source) : node);
  const own = map.get(key, true);
  if (own !== undefined) return behind(own);
  const merged = behind(map.get('<<', true));
  for (const source of isSeq(merged) ? merged.items.map(behind) : [merged]) {
    if (!isMap(source) || passed.includes(source)) continue;
    const found = valueAt(source, key, anchors, [...passed, map]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inSharedServers(path: readonly unknown[]): boolean {
  const keys = path.filter(
    (node): node is Pair => typeof node === 'object' && node !== null && 'key' in node,
  );
  return keys.length === 2 && isScalar(keys[0]?.key) && keys[0].key.value === 'mcps';
}

export function isOwnServer(url: string): boolean {
  if (url.startsWith('${env.MOBYCLAW_')) return true;
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return OWN_HOSTS.has(hostname) || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Puts the key before the first one of the map, in the map's own style and indentation. */
function permissionFor(map: YAMLMap, source: string): Edit | null {
  const first = map.items[0]?.key;
  if (!isScalar(first) || !first.range) return null;
  const at = first.range[0];
  if (map.flow) return { at, end: at, text: 'allow_private_ips: true, ' };
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  return { at, end: at, text: `allow_private_ips: true${newline}${' '.repeat(at - lineStart)}` };
}

function raisedVersion(root: YAMLMap): Edit | null {
  const version = root.get('version', true);
  if (!isScalar(version) || !version.range) return null; // none means the engine's newest
  if (!(Number(version.value) < LOWEST_VERSION)) return null;
  return { at: version.range[0], end: version.range[1], text: `"${LOWEST_VERSION}"` };
}
