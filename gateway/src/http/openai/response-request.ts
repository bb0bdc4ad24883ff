/**
 * A request of the Responses API as OpenAI's clients send it (platform.openai.com/docs/api-reference/responses/create). What
 * tunes a bare model is soul.yaml's to say; the answer's header `x-mobyclaw-ignored` names what was not looked at.
 */

import * as z from 'zod';
import { type Asked, readMessages, type SaidMessage, settingsOf } from './said.ts';

const TUNING = [
  'instructions',
  'prompt',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tool_calls',
  'temperature',
  'top_p',
  'top_logprobs',
  'max_output_tokens',
  'text',
  'reasoning',
  'include',
  'truncation',
] as const;

const METADATA_CHARS = 512; // of a value, as OpenAI has it

export const responseRequestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(z.looseObject({})).min(1, 'there is no message')]),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  user: z.string().nullish(),
  conversation: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  previous_response_id: z.string().nullish(),
  metadata: z.record(z.string().max(64), z.string().max(METADATA_CHARS)).nullish(),
});

export type ResponseRequest = z.infer<typeof responseRequestSchema>;

/** @throws HttpProblem as {@link readMessages} does */
export function readResponseRequest(request: ResponseRequest): Asked {
  const { ignored, ...said } = readMessages(messagesOf(request.input));
  const { conversation, user, previous_response_id: previous, store } = request;
  return {
    ...said,
    conversation: (typeof conversation === 'object' ? conversation?.id : conversation) ?? user ?? undefined,
    previous: previous ?? undefined,
    ignored: [...ignored, ...settingsOf(request, TUNING), ...(store === false ? ['store'] : [])],
  };
}

/** Items that are no messages (calls of tools, reasoning) keep their place, since a tool's result cannot be answered. */
function messagesOf(input: ResponseRequest['input']): SaidMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return input.map(({ type, role, content }) => {
    if (typeof role === 'string') return { role, content };
    return { role: String(type).endsWith('_output') ? 'tool' : 'other', content };
  });
}
