/** What an answer of the model says and whether its calls count. */
import type { Answer } from './model-call.ts';

/** The words of an answer. */
export function textOf({ message }: Answer): string {
  if (message.role !== 'assistant') return '';
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** An answer that was cut, or kept back, may hold half of a call: only one that ended by itself is acted on. */
export function actsOn({ calls, finish }: Answer): boolean {
  return calls.length > 0 && (finish === 'stop' || finish === 'tool-calls');
}
