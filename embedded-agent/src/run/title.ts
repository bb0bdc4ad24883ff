import { cutText } from '@mobyclaw/lib/cut-text';

const TITLE_CHARS = 50;

/** The first words of what was asked. */
export function titleFrom(prompt: string): string {
  const text = prompt
    .replace(/^\s*\[moby-context[^\]]*\][\s\S]*?\[\/moby-context\]/, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (text.length <= TITLE_CHARS) return text || 'Conversation';
  const cut = cutText(text, TITLE_CHARS);
  return `${cut.slice(0, cut.lastIndexOf(' ') > 20 ? cut.lastIndexOf(' ') : TITLE_CHARS)}…`;
}
