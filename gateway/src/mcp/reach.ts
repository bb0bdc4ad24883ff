/**
 * How far a tool may reach: in a turn of the owner's everywhere, in a guest's no further than the conversation it came
 * from. Which turn it is, the agent's headers say and not the model, so no text can talk a tool into more.
 */
import { type McpCaller, ToolError } from '@mobyclaw/lib/mcp-tool';
import type { Store } from '../store/store.ts';

/**
 * A turn that is not known counts as a guest's. A soul.yaml that hands no headers on leaves all calls to the owner.
 * @returns the one conversation that may be seen and written to; null: all of them
 */
export function confinedTo(store: Store, { turn, session = '' }: McpCaller): string | null {
  if (turn === undefined) return null;
  const asking = store.turns.find(turn);
  if (!asking) return session;
  return asking.guest ? asking.session : null;
}

/** @throws ToolError where a guest asks for more than his own conversation */
export function refuseBeyond(confined: string | null, conversation: string): void {
  if (confined === null || confined === conversation) return;
  throw new ToolError(
    `A guest asked for this, and ${conversation} is not their conversation. Only the owner may; tell them so.`,
  );
}
