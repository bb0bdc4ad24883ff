/** Time, history and channels as tools, for the agent and for other assistants alike. */
import { localTime } from '@mobyclaw/lib/local-time';
import { type McpTool, mcpTool, ToolError } from '@mobyclaw/lib/mcp-tool';
import * as z from 'zod';
import type { ToolPorts } from './tool-ports.ts';

export function gatewayTools(ports: ToolPorts): McpTool[] {
  return [nowTool(ports), historyTool(ports), channelListTool(ports), messageTool(ports)];
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
    run: ({ query, limit }) => {
      const hits = store.messages.search(query, limit);
      if (hits.length === 0) return 'Nothing was found. Try fewer or other words.';
      return hits
        .map(
          ({ at, session, role, snippet }) => `${dateAndTime(at, timeZone)}, ${session}, ${role}: ${snippet}`,
        )
        .join('\n');
    },
  });
}

function channelListTool({ channels }: ToolPorts): McpTool {
  return mcpTool({
    name: 'channel_list',
    title: 'List chats',
    description: 'Lists the chats that Moby can write to, for message_send and schedule_create.',
    input: z.object({}),
    annotations: { readOnlyHint: true },
    run: () => {
      const known = channels();
      if (known.length === 0) return 'No chat is connected. The owner can be answered where he asks.';
      return known
        .map(({ key, title, up }) => `${key}${title ? ` (${title})` : ''}${up ? '' : ', not reachable now'}`)
        .join('\n');
    },
  });
}

function messageTool({ channels, send }: ToolPorts): McpTool {
  return mcpTool({
    name: 'message_send',
    title: 'Send a message',
    description:
      'Sends a message to one of the chats in channel_list, besides your answer. Not for answering: your answer reaches the person by itself.',
    input: z.object({
      channel: z.string().describe('as in channel_list, such as telegram:dm:42'),
      text: z.string().trim().min(1).max(20_000).describe('Markdown'),
    }),
    annotations: { readOnlyHint: false, openWorldHint: true },
    run: ({ channel, text }) => {
      if (!channels().some(({ key }) => key === channel)) {
        throw new ToolError(`${channel} is not a chat that Moby may write to. channel_list shows those.`);
      }
      send(channel, text);
      return `On its way to ${channel}.`;
    },
  });
}

/** Such as `Saturday 2026-11-21 09:30 GMT+1`. */
function dateAndTime(moment: number, timeZone: string): string {
  const { weekday, date, time, offset } = localTime(moment, timeZone);
  return `${weekday} ${date} ${time} ${offset}`;
}
