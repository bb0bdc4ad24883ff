/**
 * Whether soul.yaml hands on, to the memory server and the gateway, which message a tool call belongs to. Files from before
 * that was asked for lack the line, and then every such call is refused.
 */
import { IDENTITY_HEADERS } from '@mobyclaw/protocol/identity';
import { type Document, isMap, isNode, type LineCounter, visit } from 'yaml';

const ASKING_SERVERS = /^\$\{\s*env\.MOBYCLAW_(MEMORY|GATEWAY)_URL\s*\}|^https?:\/\/(memory|gateway):/;

interface Remote {
  url?: unknown;
  headers?: Readonly<Record<string, unknown>> | null;
}

/** @returns what to write and where, for the first server that lacks it; null where nothing is missing */
export function missingHeader(document: Document, lines: LineCounter): { line: number; text: string } | null {
  const name = IDENTITY_HEADERS.turn;
  let missing: { line: number; text: string } | null = null;
  visit(document, {
    Map(_key, node) {
      const { remote } = node.toJS(document) as { remote?: Remote };
      if (typeof remote?.url !== 'string' || !ASKING_SERVERS.test(remote.url)) return undefined;
      const value = Object.entries(remote.headers ?? {}).find(
        ([header]) => header.toLowerCase() === name.toLowerCase(),
      )?.[1];
      if (typeof value === 'string' && value.includes(`headers.${name}`)) return visit.SKIP;
      const at = node.get('remote', true);
      const offset = (isMap(at) ? at.range : node.range)?.[0] ?? 0;
      missing = {
        line: lines.linePos(offset).line,
        text: `the MCP server ${remote.url} is not told which message a call belongs to, so its tools are refused`,
      };
      return visit.BREAK;
    },
  });
  return missing;
}

const MEMORY_SERVER = /^\$\{\s*env\.MOBYCLAW_MEMORY_URL\s*\}|^https?:\/\/memory:/;

/** Whether the agent named root has the memory server among its toolsets; without it he keeps nothing that he is told. */
export function hasMemory(document: Document): boolean {
  const toolsets = document.getIn(['agents', 'root', 'toolsets']);
  if (!isNode(toolsets)) return false;
  const list = toolsets.toJS(document) as { remote?: Remote }[] | null;
  return Array.isArray(list) && list.some((one) => MEMORY_SERVER.test(String(one?.remote?.url ?? '')));
}

export const MISSING_HEADER_REMEDY = `Write under its headers: ${IDENTITY_HEADERS.turn}: \${headers.${IDENTITY_HEADERS.turn}}`;
