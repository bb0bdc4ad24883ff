/** How much a session holds by a simulated window, and what of it the model reads. */
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { StoredMessage } from '@mobyclaw/protocol/cagent';
import type { FakeContext } from './options.ts';
import type { Session } from './session-store.ts';

type Message = StoredMessage['message'];

export function sizeOf({ content = '', tool_calls = [] }: Message): number {
  return (
    estimateTokens(content) + 4 + (tool_calls.length > 0 ? estimateTokens(JSON.stringify(tool_calls)) : 0)
  );
}

/** Tokens that a call of the model would send. */
export function sizeOfSession({ messages }: Session, { base }: FakeContext): number {
  return base + messages.reduce((sum, { message }) => sum + sizeOf(message), 0);
}

/** All of it, or the newest that fit where the server drops the head; instructions go first. */
export function readsOf({ messages }: Session, context: FakeContext | undefined): Message[] {
  const all = messages.map(({ message }) => message);
  if (!context?.drops) return all;
  const kept: Message[] = [];
  let left = context.limit;
  for (const message of all.toReversed()) {
    left -= sizeOf(message);
    if (left < 0) break;
    kept.unshift(message);
  }
  return kept;
}
