/** The one form in which names of hosts are compared: lower case, letters of other alphabets as IDNA writes them, no final dot. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

const MOST_NAME = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What the parser of addresses would decode, cut off or take for something else than a part of the name. */
const NEVER = /[%@/\\?#:[\]\p{Cc}\p{Z}]/u;

/**
 * @returns null for what is no name: an address in whatever spelling (`127.1`, `0x7f.1`, `2130706433`, `[::1]`), and whatever
 *   a resolver or a program could read in another way
 */
export function canonicalHost(text: string): string | null {
  if (text === '' || text.length > 1000 || NEVER.test(text)) return null;
  const ascii = domainToASCII(text).replace(/\.$/, '');
  if (ascii === '' || ascii.length > MOST_NAME || isIP(ascii) !== 0) return null;
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : null;
}

/** Names that always mean the machine itself, which is never what is meant: here that would be the door's own. */
export function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** @returns the name as its readers write it, where that is another form, such as `bücher.de`; to be shown beside the other */
export function isForeign(host: string): boolean {
  return host.split('.').some((label) => label.startsWith('xn--'));
}

/** Whether a rule's host, canonical, means this name. `*.` means everything below, and not the name itself. */
export function meansHost(rule: string, host: string): boolean {
  return rule.startsWith('*.')
    ? host.endsWith(rule.slice(1)) && host.length > rule.length - 1
    : rule === host;
}
