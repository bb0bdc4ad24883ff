/** Time and history as tools, for the agent and for other assistants alike. */
import { localTime } from '@mobyclaw/lib/local-time';
import { type McpTool, mcpTool } from '@mobyclaw/mcp/tool';
import * as z from 'zod';
import { confinedTo } from './reach.ts';
import type { ToolPorts } from './tool-ports.ts';

export function gatewayTools(ports: ToolPorts): McpTool[] {
  return [nowTool(ports), historyTool(ports)];
}

function nowTool({ clock, timeZone }: ToolPorts): McpTool {
  return mcpTool({
    name: 'now',
    title: 'What time it is',
    description: "Tells the date and time in the owner's time zone, and in UTC.",
    input: z.object({}),
    annotations: { readOnlyHint: true },
    run: () => {
      const moment = clock.now();
      return `${dateAndTime(moment, timeZone)} (${timeZone}), ${new Date(moment).toISOString()}`;
    },
  });
}

function historyTool({ store, timeZone }: ToolPorts): McpTool {
  return mcpTool({
    name: 'history_search',
    title: 'Search past conversations',
    description:
      'Searches what was said in all conversations, yours included, by words. Use it for "what did we say about …"; for facts use memory_search.',
    input: z.object({ query: z.string().trim().min(1).max(300), limit: z.int().min(1).max(50).default(10) }),
    annotations: { readOnlyHint: true },
    run: ({ query, limit }, caller) => {
      const hits = store.messages.search(query, limit, confinedTo(caller));
      if (hits.length === 0) return 'Nothing was found. Try fewer or other words.';
      return hits
        .map(
          ({ at, session, role, snippet }) => `${dateAndTime(at, timeZone)}, ${session}, ${role}: ${snippet}`,
        )
        .join('\n');
    },
  });
}

/** Such as `Saturday 2026-11-21 09:30 GMT+1`. */
function dateAndTime(moment: number, timeZone: string): string {
  const { weekday, date, time, offset } = localTime(moment, timeZone);
  return `${weekday} ${date} ${time} ${offset}`;
}
