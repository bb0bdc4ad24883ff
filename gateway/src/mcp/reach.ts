/**
 * How far a tool may reach: in a turn of the owner's everywhere, in any other no further than the conversation it came
 * from; a webhook's writes to where its answer goes and schedules nothing. Whose turn it is, its capability says and not the
 * model, so no text can talk a tool into more.
 */
import { type McpCaller, ToolError } from '@mobyclaw/mcp/tool';
import type { Store } from '../store/store.ts';

/** @returns the one conversation that may be seen; null: all of them */
export function confinedTo({ asker, session = '' }: McpCaller): string | null {
  return asker === 'owner' ? null : session;
}

/** @returns the one chat that may be written to; null: all of them */
export function writableChat(store: Store, caller: McpCaller): string | null {
  if (caller.asker !== 'webhook') return confinedTo(caller);
  return store.names.current(store.turns.find(caller.turn ?? '')?.deliverTo?.channel ?? '');
}

/** @throws ToolError where somebody else than the owner asks for more than what is his */
export function refuseBeyond(confined: string | null, conversation: string): void {
  if (confined === null || confined === conversation) return;
  throw new ToolError(
    `The owner did not ask for this, and ${conversation} is another conversation. Only the owner may; tell them so.`,
  );
}

/** @throws ToolError in the turn of a webhook */
export function refuseWebhook({ asker }: McpCaller): void {
  if (asker !== 'webhook') return;
  throw new ToolError(
    'A webhook asked for this, and it schedules nothing. Put what is to be done into your answer.',
  );
}
