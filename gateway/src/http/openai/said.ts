/** What a client of OpenAI's APIs says, in the form that both of them (chat completions and responses) are read into. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Attachment } from '@mobyclaw/protocol/prompt';
import * as z from 'zod';
import { BARE_FILE } from '../../turns/attachments.ts';

/** One message of the client's, of whatever role. */
export interface SaidMessage {
  role: string;
  content: unknown;
}

/** How a chat began, by which it is known again if the client does not name it. */
export interface Opening {
  /** The first message of the user. */
  text: string;
  /** What was answered to that; undefined where the user's message is the first of the chat. */
  answer: string | undefined;
}

/** A request of either API. */
export interface Asked {
  /** How the client names the conversation; undefined where it does not. */
  conversation: string | undefined;
  /** The turn that this goes on from, as the client names it. */
  previous: string | undefined;
  opening: Opening;
  /** A client's own errand over a conversation, such as a title for it: no word of the person's. */
  errand: boolean;
  prompt: string;
  attachments: Attachment[];
  /** What of the request was not looked at. */
  ignored: string[];
}

const imageUrl = z.union([z.string(), z.object({ url: z.string() })]);
const part = z.union([
  z.object({ type: z.enum(['text', 'input_text', 'output_text']), text: z.string() }),
  z.object({ type: z.enum(['image_url', 'input_image']), image_url: imageUrl }),
  z.object({
    type: z.literal('input_audio'),
    input_audio: z.object({ data: z.string(), format: z.string() }),
  }),
  z.object({
    type: z.literal('file'),
    file: z.object({ filename: z.string().optional(), file_data: z.string() }),
  }),
  z.object({ type: z.literal('input_file'), filename: z.string().optional(), file_data: z.string() }),
]);
const content = z.union([z.string(), z.array(part)]);

type Part = z.infer<typeof part>;

/**
 * What the user says last: all his messages since the last one of another's, so that a client which sends a text and a
 * picture as two messages is heard whole.
 * @returns the parts of {@link Asked} that messages tell
 * @throws HttpProblem where there is no message of the user's, or it holds what Moby cannot read
 */
export function readMessages(
  messages: readonly SaidMessage[],
): Pick<Asked, 'opening' | 'errand' | 'prompt' | 'attachments' | 'ignored'> {
  const last = messages.findLastIndex(isUser);
  if (last === -1) {
    throw new HttpProblem('validation-failed', 'There is no message with the role "user" to answer.');
  }
  if (messages.slice(last).some(({ role }) => role === 'tool' || role === 'function')) {
    throw new HttpProblem(
      'validation-failed',
      'The last message is the result of a tool. Moby calls his tools himself and asked for none here; send what the user says.',
    );
  }
  const answered = messages.slice(0, last).findLastIndex((message) => !isUser(message) && !isSystem(message));
  const said = messages.slice(answered + 1, last + 1).filter(isUser);
  const parts = said.flatMap(({ content }) => partsOf(content));
  const text = textOf(parts);
  const attachments = parts.flatMap(toAttachment);
  if (text.trim() === '' && attachments.length === 0) {
    throw new HttpProblem('validation-failed', 'The message is empty.');
  }
  const others = messages.filter((message) => !said.includes(message));
  return {
    opening: openingOf(messages),
    errand: isErrand(text),
    prompt: text.trim() === '' ? BARE_FILE : text,
    attachments,
    ignored: [
      ...(others.some(isSystem) ? ['system'] : []),
      ...(others.some((message) => !isSystem(message)) ? ['other messages'] : []),
    ],
  };
}

/** @returns those of the names that the request sets */
export function settingsOf(request: Record<string, unknown>, names: readonly string[]): string[] {
  return names.filter((name) => request[name] !== undefined && request[name] !== null);
}

function isUser({ role }: SaidMessage): boolean {
  return role === 'user';
}

function isSystem({ role }: SaidMessage): boolean {
  return role === 'system' || role === 'developer';
}

function openingOf(messages: readonly SaidMessage[]): Opening {
  const first = messages.findIndex(isUser);
  const answer = messages.slice(first).find(({ role }) => role === 'assistant');
  return {
    text: looseText(messages[first]?.content),
    answer:
      answer && messages.slice(messages.indexOf(answer)).some(isUser) ? looseText(answer.content) : undefined,
  };
}

/** The text of a message that is not answered, whatever else it holds. */
function looseText(value: unknown): string {
  if (typeof value === 'string') return value;
  const parts: unknown[] = Array.isArray(value) ? value : [];
  return parts
    .flatMap((each) => (each as { text?: unknown } | null)?.text ?? [])
    .filter((text) => typeof text === 'string')
    .join('\n\n');
}

function partsOf(value: unknown): Part[] {
  const parsed = content.safeParse(value);
  if (!parsed.success) {
    throw new HttpProblem(
      'validation-failed',
      'The message can hold text, pictures (image_url, input_image), recordings (input_audio) and files (file, input_file) with their data in the request, and nothing else.',
    );
  }
  return typeof parsed.data === 'string' ? [{ type: 'text', text: parsed.data }] : parsed.data;
}

function textOf(parts: readonly Part[]): string {
  return parts.flatMap((each) => ('text' in each ? each.text : [])).join('\n\n');
}

function toAttachment(each: Part): Attachment | [] {
  switch (each.type) {
    case 'image_url':
    case 'input_image': {
      const url = typeof each.image_url === 'string' ? each.image_url : each.image_url.url;
      return { name: 'picture', ...fromDataUrl(url, 'pictures') };
    }
    case 'input_audio': {
      const { data, format } = each.input_audio;
      if (!/^[\w.+-]{1,20}$/.test(format))
        throw new HttpProblem('validation-failed', 'The format of the recording is no word such as mp3.');
      return {
        name: `recording.${format}`,
        mime: `audio/${format === 'mp3' ? 'mpeg' : format}`,
        data: base64(data, 'recordings'),
      };
    }
    case 'file':
      return { name: each.file.filename || 'file', ...fromDataUrl(each.file.file_data, 'files') };
    case 'input_file':
      return { name: each.filename || 'file', ...fromDataUrl(each.file_data, 'files') };
    default:
      return [];
  }
}

function fromDataUrl(url: string, what: string): Pick<Attachment, 'mime' | 'data'> {
  const match = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w.+-]+=[\w.+-]+)*;base64,(.+)$/s.exec(url);
  if (!match?.[1] || !match[2]) {
    throw new HttpProblem(
      'validation-failed',
      `Send ${what} as data: URLs in base64; addresses are not fetched.`,
    );
  }
  return { mime: match[1], data: base64(match[2], what) };
}

function base64(data: string, what: string): string {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    throw new HttpProblem('validation-failed', `Send ${what} in base64 without spaces or line ends.`);
  }
  return data;
}

/**
 * Open WebUI asks the model for titles, tags and follow-up questions of a chat by prompts of this form, with the chat's
 * text in them (backend/open_webui/config.py, DEFAULT_*_PROMPT_TEMPLATE). Nothing else in the request tells them apart.
 */
function isErrand(text: string): boolean {
  return /^\s*### Task:\r?\n/.test(text) && /<chat_history>|^### Output:/m.test(text);
}
