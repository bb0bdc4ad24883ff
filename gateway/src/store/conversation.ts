/** Conversations that the owner looks into himself: a terminal, a web page, a program of his. */
import { platformOf } from '@mobyclaw/protocol/session-key';

const PLATFORMS: readonly string[] = ['cli', 'web', 'api'];

/** Where results go as long as the owner has written nowhere. */
export const FIRST_CONVERSATION = 'cli:main';

export function isConversation(key: string): boolean {
  return PLATFORMS.includes(platformOf(key));
}
