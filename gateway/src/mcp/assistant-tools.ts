/** What other assistants get of Moby, with a token of the owner's: ask him, and search what he knows. */
import { type McpTool, mcpTool, ToolError } from '@mobyclaw/mcp/tool';
import * as z from 'zod';
import type { ToolPorts } from './tool-ports.ts';

export function assistantTools({ asking, searchMemory }: ToolPorts): McpTool[] {
  return [
    mcpTool({
      name: 'ask_moby',
      title: 'Ask Moby',
      description:
        "Asks Moby, the owner's personal agent, who has his memory and his tools, and waits for the answer. The same conversation goes on while the name stays the same.",
      input: z.object({
        prompt: z.string().trim().min(1).max(100_000),
        conversation: z
          .string()
          .regex(/^[\w.-]{1,64}$/, 'letters, digits, dots and dashes')
          .default('mcp'),
      }),
      annotations: { readOnlyHint: false, openWorldHint: true },
      run: async ({ prompt, conversation }, _caller, progress) => {
        try {
          return await asking.ask(`api:${conversation}`, prompt, progress);
        } catch (error) {
          throw error instanceof ToolError ? error : new ToolError((error as Error).message);
        }
      },
    }),
    mcpTool({
      name: 'ask_moby_result',
      title: 'Get an answer of Moby',
      description:
        'Waits for the answer to what was asked by ask_moby, where that took too long for one call.',
      input: z.object({ turn: z.string().min(1).max(64).describe('as ask_moby gave it') }),
      annotations: { readOnlyHint: false },
      run: ({ turn }, _caller, progress) => asking.result(turn, progress),
    }),
    mcpTool({
      name: 'memory_search',
      title: 'Search memory',
      description: "Searches the owner's long-term memory and daily logs.",
      input: z.object({ query: z.string().trim().min(1).max(300) }),
      annotations: { readOnlyHint: true },
      run: ({ query }) => searchMemory(query),
    }),
  ];
}
