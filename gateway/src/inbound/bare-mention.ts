/**
 * Somebody mentions Moby and says nothing else. As a reply to a message it means that message: somebody asked a question, and
 * another one calls Moby to it. The quoted words are not those of the person who mentions him, so they stay marked as quoted.
 */
import { quotedLines } from '@mobyclaw/lib/plain-name';
import type { IncomingMessage } from '../channels/channel.ts';

/** What is answered where there is nothing that could be meant. */
export const YES = 'Yes?';

export function isBareMention({ text, files }: Pick<IncomingMessage, 'text' | 'files'>): boolean {
  return text === '' && files.length === 0;
}

/** @returns what the model is asked; empty where nothing could be meant */
export function bareMentionPrompt({ replyTo }: Pick<IncomingMessage, 'replyTo'>): string {
  if (!replyTo || (replyTo.text === '' && (replyTo.files ?? []).length === 0)) return '';
  const asked = '(A mention of you, without a word of its own, in reply to a message. Answer that message.)';
  return replyTo.text === '' ? asked : `${asked}\n\n${quotedLines(replyTo.text)}`;
}
