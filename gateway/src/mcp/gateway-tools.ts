/** Time and history as tools, for the agent and for other assistants alike. */
import { localTime } from '@mobyclaw/lib/local-time';
import { quotedName } from '@mobyclaw/lib/plain-name';
import { type McpTool, mcpTool } from '@mobyclaw/mcp/tool';
import { dayRange } from '@mobyclaw/recall/time-words';
import * as z from 'zod';
import type { HitRow } from '../store/history-index.ts';
import { confinedTo } from './reach.ts';
import type { ToolPorts } from './tool-ports.ts';

const phrasing = z.string().trim().min(1).max(300);
const day = z.iso.date('write a day as YYYY-MM-DD').optional();

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

function historyTool({ history, clock, timeZone }: ToolPorts): McpTool {
  return mcpTool({
    name: 'history_search',
    title: 'Search past conversations',
    description:
      'Searches what was said in all conversations, yours included, best first, with what was said right before and after. Use it for "what did we say about …"; for facts use memory_search. A whole question works; a time in an English one, such as "last week", is understood, otherwise use from and to.',
    input: z.object({
      query: phrasing,
      also: z
        .array(phrasing)
        .max(4)
        .default([])
        .describe('the same asked in other words or another language'),
      from: day.describe('only what was said on or after this day, YYYY-MM-DD'),
      to: day.describe('only what was said on or before this day'),
      limit: z.int().min(1).max(50).default(10),
    }),
    annotations: { readOnlyHint: true },
    run: async ({ query, also, from, to, limit }, caller) => {
      const { hits, missing, byWordsAlone } = await history.search({
        phrasings: [query, ...also],
        limit,
        session: confinedTo(caller),
        within: dayRange(from, to),
        now: clock.now(),
      });
      const found = hits.map((hit) => hitText(hit, timeZone));
      if (found.length === 0) found.push('Nothing was found. Try other words.');
      if (byWordsAlone) {
        found.push('Searched by words alone, since what they mean was not known in time.');
      }
      if (missing > 0 && caller.asker === 'owner') {
        found.push(
          `${missing} messages are not searched yet: their index is being made. Search again in a moment.`,
        );
      }
      return found.join('\n\n');
    },
  });
}

function hitText(
  { at, session, title, role, speaker, snippet, before, after }: HitRow,
  timeZone: string,
): string {
  const where = title === null ? session : `${session} ${quotedName(title)}`;
  const who = speaker === null || role === 'assistant' ? role : `${role} ${quotedName(speaker)}`;
  const near = [
    ...(before === null ? [] : [`(before: ${oneLine(before)})`]),
    ...(after === null ? [] : [`(after: ${oneLine(after)})`]),
  ];
  return [`${dateAndTime(at, timeZone)}, ${where}, ${who}: ${snippet}`, ...near].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Such as `Saturday 2026-11-21 09:30 GMT+1`. */
function dateAndTime(moment: number, timeZone: string): string {
  const { weekday, date, time, offset } = localTime(moment, timeZone);
  return `${weekday} ${date} ${time} ${offset}`;
}
