/** What an answer of the model says and whether its calls count. */
import type { JSONSchema7 } from '@ai-sdk/provider';
import type { AgentConfig } from '../soul/schema.ts';
import type { Answer, ModelQuestion } from './model-call.ts';

/** The words of an answer. */
export function textOf({ message }: Answer): string {
  if (message.role !== 'assistant') return '';
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** An answer that was cut, or kept back, may hold half of a call: only one that ended by itself is acted on. */
export function actsOn({ calls, finish }: Answer): boolean {
  return calls.length > 0 && (finish === 'stop' || finish === 'tool-calls');
}

/** The shape that every answer of the agent has. */
export function responseFormat({
  structured_output: wanted,
}: AgentConfig): Pick<ModelQuestion, 'responseFormat'> {
  if (!wanted) return {};
  const { name, description, schema } = wanted;
  const told = description === undefined ? {} : { description };
  return { responseFormat: { type: 'json', name, ...told, schema: schema as JSONSchema7 } };
}
