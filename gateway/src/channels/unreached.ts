/** What a failed connection says: the same for all platforms, by the code of the error. */
import { proxyTrouble } from '@mobyclaw/lib/proxy';

/** System errors in which the request never left us. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** Whether a call that failed by this code had no effect for certain. */
export function neverSent(code: string): boolean {
  return NEVER_SENT.has(code) || proxyTrouble(code) !== null;
}

/**
 * @param platform its name
 * @param setting variable that names another address of it
 */
export function unreached(
  platform: string,
  code: string,
  setting: string,
): { message: string; hint: string } {
  const trouble = proxyTrouble(code);
  if (trouble) return { message: `${platform} cannot be reached: ${trouble.message}.`, hint: trouble.hint };
  return {
    message: `${platform} cannot be reached (${code}).`,
    hint: `Check the internet connection of this machine, and ${setting} if you set it.`,
  };
}
