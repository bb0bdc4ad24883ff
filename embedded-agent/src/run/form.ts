/** What a tool asks a person in the middle of its call: one form at a time. */
import { randomUUID } from 'node:crypto';
import type { ToolContext } from '../tools/tool.ts';
import type { RunRequest } from './run-request.ts';

export function formsOf({
  elicitation,
  signal,
  emit,
}: Pick<RunRequest, 'elicitation' | 'signal' | 'emit'>): ToolContext['elicit'] {
  let before: Promise<unknown> = Promise.resolve();
  return ({ message, title, schema }) => {
    const asked = before.then(() => {
      const elicitation_id = randomUUID();
      const answer = elicitation.wait(signal, ({ id }) => id === undefined || id === elicitation_id);
      const meta = title === undefined ? {} : { meta: { 'cagent/title': title } };
      emit({ type: 'elicitation_request', message, mode: 'form', schema, elicitation_id, ...meta });
      return answer;
    });
    before = asked.catch(() => undefined); // whoever asked learns of it
    return asked;
  };
}
