/** What a conversation is called, and where it can be answered. */
import type { SessionView } from '@mobyclaw/protocol/session';
import { t } from '../../texts.ts';

export const HOME = 'web:main';
const ANSWERED_HERE = new Set(['web', 'cli', 'api']);

export function nameOf(key: string, session?: Pick<SessionView, 'title' | 'opening'>): string {
  return session?.title ?? firstLine(session?.opening) ?? (key.startsWith('web:') ? t.chats.unnamed : key);
}

/** What messengers and schedules hold is answered where it was asked. */
export function isAnsweredHere(key: string): boolean {
  return ANSWERED_HERE.has(platformOf(key));
}

export function platformName(key: string): string {
  const platform = platformOf(key);
  return t.platforms[platform] ?? platform;
}

export function newConversationKey(): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `web:${Date.now().toString(36)}-${random.toString(36)}`;
}

/** As protocol/session-key.ts has it, without its schemas. */
function platformOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}

function firstLine(text: string | undefined): string | undefined {
  const line = text?.split('\n').find((one) => one.trim() !== '');
  return line?.trim();
}
