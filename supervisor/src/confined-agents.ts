/**
 * Gives a soul.yaml the two agents that carry what is not the owner's, where it has none of its own: `guest` for people whom
 * he let in, `webhook` for deliveries. Each is root without the tools that reach further: no shell, no files, no workspace,
 * no server and no sub-agent of the owner's; a webhook's also without the web, which what it reads could be carried out by.
 * What an agent may have is listed here, so that whatever later versions of an engine bring stays out.
 *
 * A guest may have the web, and no more than the web: where `fetch` takes private addresses, it reaches the agent's own API
 * with all conversations, and whatever else listens in the owner's network.
 *
 * They are written on one line each, as JSON, which is YAML too, at the end of `agents`.
 */
import { isMap, parseDocument } from 'yaml';
import type { FoundEngine } from './engine.ts';
import { isAtLeast } from './engine-version.ts';

const KEPT_SETTINGS = [
  'model',
  'fallback',
  'description',
  'instruction',
  'add_date',
  'add_prompt_files',
  'max_iterations',
  'num_history_items',
];
const OWN_SERVERS = /^\$\{\s*env\.MOBYCLAW_(MEMORY|GATEWAY)_URL\s*\}|^https?:\/\/(memory|gateway):/;

const BUILT_IN = ['think', 'todo'];

type Engine = Pick<FoundEngine, 'kind' | 'numbers'>;

interface Toolset {
  type?: unknown;
  allow_private_ips?: unknown;
  remote?: { url?: unknown };
}

type AgentSettings = Record<string, unknown> & { toolsets?: readonly Toolset[] | null };

/** A file that does not parse, or has no root, is returned as it is: the engine says what is wrong with it. */
export function addConfinedAgents(source: string, engine: Engine): string {
  const document = parseDocument(source, { merge: true });
  const agents = document.errors.length > 0 ? undefined : document.get('agents', true);
  if (!isMap(agents) || !agents.range) return source;
  const { root } = agents.toJS(document) as { root?: AgentSettings | null };
  if (typeof root !== 'object' || root === null) return source;
  const missing = (['guest', 'webhook'] as const).filter((name) => !agents.has(name));
  if (missing.length === 0) return source;
  const builtIn = { guest: hasPublicFetch(engine) ? [...BUILT_IN, 'fetch'] : BUILT_IN, webhook: BUILT_IN };
  const lines = missing.map((name) => `${name}: ${JSON.stringify(confined(root, builtIn[name]))}`);
  const last = agents.items.at(-1)?.key as { range?: [number, number, number] } | undefined;
  if (agents.flow) {
    const at = agents.range[0] + 1;
    return `${source.slice(0, at)} ${lines.join(', ')},${source.slice(at)}`;
  }
  if (!last?.range) return source;
  const start = last.range[0];
  const indent = ' '.repeat(start - (source.lastIndexOf('\n', start - 1) + 1));
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  const end = endOfContent(source, agents.range[1]);
  return source.slice(0, end) + lines.map((line) => newline + indent + line).join('') + source.slice(end);
}

function confined(root: AgentSettings, builtIn: readonly string[]): AgentSettings {
  const kept = Object.fromEntries(Object.entries(root).filter(([key]) => KEPT_SETTINGS.includes(key)));
  const toolsets = (root.toolsets ?? []).flatMap((toolset) => {
    const { type, remote, allow_private_ips: _, ...rest } = toolset;
    if (builtIn.includes(String(type))) return { type, ...rest }; // what private addresses root may reach, it alone may
    const isOwn = type === 'mcp' && typeof remote?.url === 'string' && OWN_SERVERS.test(remote.url);
    return isOwn ? toolset : [];
  });
  return { ...kept, toolsets };
}

/**
 * cagent 1.32.3 fetches whatever it is told, and its API asks for no token; 1.61.1 refuses private addresses
 * (docker/docker-agent#2832), and since 1.69 the API has a token.
 */
function hasPublicFetch({ kind, numbers }: Engine): boolean {
  return kind === 'embedded' || isAtLeast(numbers, 1, 69);
}

/** Before the line end and blanks that a block ends with. */
function endOfContent(source: string, end: number): number {
  return source.slice(0, end).trimEnd().length;
}
