/** Forgetting as a tool: it shows what there is and asks the owner, and removes nothing. */
import { type McpTool, mcpTool, ToolError } from '@mobyclaw/mcp/tool';
import { forgetWishSchema } from '@mobyclaw/protocol/forget';
import * as z from 'zod';
import { ForgetWishError } from '../forget/forget-mark.ts';
import type { ToolPorts } from './tool-ports.ts';

export function forgetTools({ proposeForgetting }: Pick<ToolPorts, 'proposeForgetting'>): McpTool[] {
  return [
    mcpTool({
      name: 'forget_propose',
      title: 'Propose to forget something for good',
      description:
        'Asks the owner whether something is to be removed for good, from the memory, the history and everything else that is kept. Use it when he wants something forgotten, and tell him that he is asked. It removes nothing by itself. Name exactly one.',
      input: z.object({
        phrase: z.string().max(500).optional().describe('words, as they were said; three letters or more'),
        conversation: z.string().max(200).optional().describe('key of a conversation, such as telegram:dm:7'),
        person: z.string().max(120).optional().describe('such as telegram:7'),
        before: z.iso.date('write a day as YYYY-MM-DD').optional().describe('all from before that day'),
      }),
      annotations: { readOnlyHint: false, destructiveHint: false },
      run: async (input, { asker, session = 'cli:main' }) => {
        if (asker !== 'owner')
          throw new ToolError('Only the owner can have something forgotten; tell them so.');
        const named = Object.entries(input).filter(([, value]) => value !== undefined && value !== '');
        const wish = forgetWishSchema.safeParse(Object.fromEntries(named));
        if (!wish.success) throw new ToolError(wish.error.issues.map(({ message }) => message).join('; '));
        try {
          return await proposeForgetting(wish.data, session);
        } catch (error) {
          if (error instanceof ForgetWishError) throw new ToolError(error.message);
          throw error;
        }
      },
    }),
  ];
}
