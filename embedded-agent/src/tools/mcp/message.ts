/** Messages of MCP as servers send them, which is not always as the protocol has it. */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

const MOST_ERROR_CHARS = 500;

/** Enough of it to see what it is. */
export function excerpt(message: unknown): string {
  return cutText(typeof message === 'string' ? message : JSON.stringify(message), MOST_ERROR_CHARS);
}

/**
 * A message as the SDK's client takes it: what servers add beside it is left out, an id that comes back as text is the
 * number it was sent as, and an error without a proper code or message is still an error.
 */
export function asMessage(value: unknown): JSONRPCMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, method, params, result, error } = value as Record<string, unknown>;
  if (typeof method === 'string') {
    return {
      jsonrpc: '2.0',
      method,
      ...(id == null ? {} : { id }),
      ...(params == null ? {} : { params }),
    } as JSONRPCMessage;
  }
  if (typeof id !== 'number' && typeof id !== 'string') return null;
  const number = Number(id);
  const answered = { jsonrpc: '2.0' as const, id: Number.isInteger(number) ? number : id };
  if (typeof result === 'object' && result !== null) return { ...answered, result } as JSONRPCMessage;
  if (error === undefined || error === null) return null;
  const { code, message, data } = error as Record<string, unknown>;
  const text = typeof message === 'string' ? message : excerpt(error);
  return {
    ...answered,
    error: {
      code: Number.isInteger(code) ? (code as number) : -32_603,
      message: text,
      ...(data === undefined ? {} : { data }),
    },
  };
}
