/** The one form in which names of hosts are compared: lower case, letters of other alphabets as IDNA writes them, no final dot. */
import { domainToASCII } from 'node:url';
import { readHostName } from '../host-name.ts';

/** What the parser of addresses would decode, cut off or take for something else than a part of the name. */
const NEVER = /[%@/\\?#:[\]\p{Cc}\p{Z}]/u;
const MOST_CHARS = 1000;

/**
 * @param text as a person writes it
 * @returns null for what is no name: an address in whatever spelling (`127.1`, `0x7f.1`, `2130706433`, `[::1]`), and whatever
 *   a resolver or a program could read in another way
 */
export function canonicalHost(text: string): string | null {
  if (text === '' || text.length > MOST_CHARS || NEVER.test(text)) return null;
  const read = readHostName(domainToASCII(text).replace(/\.$/, ''));
  return 'name' in read ? read.name : null;
}

/** Names that always mean the machine itself, which is never what is meant: here that would be the door's own. */
export function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Whether a rule's host, canonical, means this name. `*.` means everything below, and not the name itself. */
export function meansHost(rule: string, host: string): boolean {
  return rule.startsWith('*.')
    ? host.endsWith(rule.slice(1)) && host.length > rule.length - 1
    : rule === host;
}
