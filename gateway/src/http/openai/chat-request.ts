/**
 * A chat completion request as OpenAI's clients send it (platform.openai.com/docs/api-reference/chat). Moby keeps the
 * conversation himself, so of the messages only the last one counts, which has to be the user's; what tunes a bare
 * model (temperature, tools …) is soul.yaml's to say and is not looked at.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { Attachment } from '@mobyclaw/protocol/prompt';
import * as z from 'zod';
import { HttpProblem } from '../http-problem.ts';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) });
const content = z.union([z.string(), z.array(z.union([textPart, imagePart]))]);

export const chatRequestSchema = z.object({
  model: z.string().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1, 'there is no message'),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, 'Moby gives one answer').nullish(),
  user: z.string().nullish(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;

export interface ChatPrompt {
  session: string;
  prompt: string;
  attachments: Attachment[];
}

/** @throws HttpProblem where the last message is not one of the user's, or holds what Moby cannot read */
export function toPrompt(request: ChatRequest): ChatPrompt {
  const last = request.messages.at(-1);
  if (last?.role !== 'user') {
    throw new HttpProblem('validation-failed', 'The last message has to be one with the role "user".');
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
  const prompt = parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n');
  const attachments = parts.flatMap((part) =>
    part.type === 'image_url' ? toAttachment(part.image_url.url) : [],
  );
  if (prompt.trim() === '') throw new HttpProblem('validation-failed', 'The message has no text.');
  return { session: sessionOf(request.user ?? 'openai'), prompt, attachments };
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

/** `user` names the conversation; what a session key cannot hold becomes a dash. */
function sessionOf(user: string): string {
  const tame = user
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[._-]+/, '');
  const name = cutText(tame, 64);
  return `api:${name === '' ? 'openai' : name}`;
}
