/**
 * A chat completion request as OpenAI's clients send it (platform.openai.com/docs/api-reference/chat). Moby keeps the
 * conversation himself, so of the messages only the user's last one counts; what tunes a bare model (temperature, tools …)
 * is soul.yaml's to say. The answer's header `x-mobyclaw-ignored` names what was not looked at.
 */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Attachment } from '@mobyclaw/protocol/prompt';
import * as z from 'zod';
import { BARE_FILE } from '../../turns/attachments.ts';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) });
const content = z.union([z.string(), z.array(z.union([textPart, imagePart]))]);

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

export interface ChatPrompt {
  /** How the client names the conversation; undefined where it does not. */
  conversation: string | undefined;
  /** A client's own errand over a conversation, such as a title for it: no word of the person's. */
  errand: boolean;
  prompt: string;
  attachments: Attachment[];
  /** What of the request was not looked at. */
  ignored: string[];
}

/** @throws HttpProblem where there is no message of the user's, or it holds what Moby cannot read */
export function toPrompt(request: ChatRequest): ChatPrompt {
  const { messages } = request;
  const index = messages.findLastIndex(({ role }) => role === 'user');
  const last = messages[index];
  if (!last) {
    throw new HttpProblem('validation-failed', 'There is no message with the role "user" to answer.');
  }
  if (messages.slice(index).some(({ role }) => role === 'tool' || role === 'function')) {
    throw new HttpProblem(
      'validation-failed',
      'The last message is the result of a tool. Moby calls his tools himself and asked for none here; send what the user says.',
    );
  }
  const parsed = content.safeParse(last.content);
  if (!parsed.success) {
    throw new HttpProblem(
      'validation-failed',
      'The message can hold text and image_url parts, and nothing else.',
    );
  }
  const parts =
    typeof parsed.data === 'string' ? [{ type: 'text' as const, text: parsed.data }] : parsed.data;
  const text = parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n');
  const attachments = parts.flatMap((part) =>
    part.type === 'image_url' ? toAttachment(part.image_url.url) : [],
  );
  if (text.trim() === '' && attachments.length === 0) {
    throw new HttpProblem('validation-failed', 'The message is empty.');
  }
  return {
    conversation: request.user ?? undefined,
    errand: isErrand(text),
    prompt: text.trim() === '' ? BARE_FILE : text,
    attachments,
    ignored: ignoredOf(request, index),
  };
}

/**
 * Open WebUI asks the model for titles, tags and follow-up questions of a chat by prompts of this form, with the chat's
 * text in them (backend/open_webui/config.py, DEFAULT_*_PROMPT_TEMPLATE). Nothing else in the request tells them apart.
 */
function isErrand(text: string): boolean {
  return /^\s*### Task:\r?\n/.test(text) && /<chat_history>|^### Output:/m.test(text);
}

/** @param index of the message that is answered */
function ignoredOf(request: ChatRequest, index: number): string[] {
  const roles = request.messages.filter((_message, at) => at !== index).map(({ role }) => role);
  const isSystem = (role: string): boolean => role === 'system' || role === 'developer';
  const isSet = (name: string): boolean => request[name] !== undefined && request[name] !== null;
  return [
    ...(roles.some(isSystem) ? ['system'] : []),
    ...(roles.some((role) => !isSystem(role)) ? ['other messages'] : []),
    ...TUNING.filter(isSet),
  ];
}

function toAttachment(url: string): Attachment {
  const match = /^data:([\w.+-]+\/[\w.+-]+);base64,([A-Za-z0-9+/=]+)$/.exec(url);
  if (!match?.[1] || !match[2]) {
    throw new HttpProblem(
      'validation-failed',
      'Send pictures as data: URLs in base64; addresses are not fetched.',
    );
  }
  return { name: 'picture', mime: match[1], data: match[2] };
}
