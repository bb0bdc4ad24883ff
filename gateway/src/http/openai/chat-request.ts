/**
 * A chat completion request as OpenAI's clients send it (platform.openai.com/docs/api-reference/chat). Moby keeps the
 * conversation himself, so of the messages only what the user says last counts; what tunes a bare model (temperature, tools …)
 * is soul.yaml's to say. The answer's header `x-mobyclaw-ignored` names what was not looked at.
 */

import * as z from 'zod';
import { type Asked, readMessages, settingsOf } from './said.ts';

/** Fields that tune a bare model. */
const TUNING = [
  'tools',
  'tool_choice',
  'functions',
  'response_format',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'reasoning_effort',
  'logprobs',
] as const;

export const chatRequestSchema = z.looseObject({
  model: z.string().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1, 'there is no message'),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, 'Moby gives one answer').nullish(),
  user: z.string().nullish(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** @throws HttpProblem as {@link readMessages} does */
export function readChat(request: ChatRequest): Asked {
  const { ignored, ...said } = readMessages(request.messages);
  return {
    ...said,
    conversation: request.user ?? undefined,
    previous: undefined,
    ignored: [...ignored, ...settingsOf(request, TUNING)],
  };
}
