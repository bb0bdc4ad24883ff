/**
 * How far a tool may reach: in a turn of the owner's everywhere, in any other no further than the conversation it came
 * from. Whose turn it is, its capability says and not the model, so no text can talk a tool into more.
 */
import { type McpCaller, ToolError } from '@mobyclaw/lib/mcp-tool';

/** @returns the one conversation that may be seen and written to; null: all of them */
export function confinedTo({ asker, session = '' }: McpCaller): string | null {
  return asker === 'owner' ? null : session;
}

/** @throws ToolError where a guest asks for more than his own conversation */
export function refuseBeyond(confined: string | null, conversation: string): void {
  if (confined === null || confined === conversation) return;
  throw new ToolError(
    `A guest asked for this, and ${conversation} is not their conversation. Only the owner may; tell them so.`,
  );
}
