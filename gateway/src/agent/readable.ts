/** Text that others wrote, made fit to be shown to the owner: no terminal colours, no secrets, not endless. */
import { cutText } from '@mobyclaw/lib/cut-text';

const MAX_CHARS = 600;

export function forPeople(text: string): string {
  const plain = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: cagent colours its errors (reference §0.11)
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    .replace(/\b(?:sk|pk|rk|gsk|xai|ghp|xox[abp])[-_][\w*-]{6,}|\bAIza[\w-]{10,}|\bBearer \S+/g, '…')
    .replace(/\/\/[^\s/@"']+@/g, '//…@') // a name and a password before a host
    .trim();
  return plain.length > MAX_CHARS ? `${cutText(plain, MAX_CHARS)}…` : plain;
}
