/** A tool call as it stands in events and in the stored session. */
import { randomUUID } from 'node:crypto';
import type { ToolCall } from '@mobyclaw/protocol/cagent';
import type { ToolStep } from './script.ts';

export function toolCall({ name, args = {} }: ToolStep): ToolCall {
  const id = `call_${randomUUID().slice(0, 8)}`;
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
}

export function definition(name: string): Record<string, unknown> {
  const parameters = { type: 'object', properties: { text: { type: 'string' } } };
  return {
    name,
    category: '',
    description: 'A scripted tool',
    parameters,
    annotations: {},
    outputSchema: null,
  };
}
