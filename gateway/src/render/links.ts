/**
 * Which links may hide their address behind a text, and where bare addresses are in a text.
 *
 * A platform refuses or silently drops links that are not http or https, so those are written out; and a text that
 * looks like another address than the one it leads to is a trap, so there the address is shown too.
 */
import type { Mark } from './styled-text.ts';

/** A label that reads as the address of a site. File names such as `README.md` do not. */
const SITE =
  /^(?:https?:\/\/)?(?:www\.)?((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|gov|edu|info|ai|co))(?:[/:?#]|$)/iu;
/** What may not stand in a link of one platform or another, whatever the URL standard says. */
const UNSAFE = /[()<>|[\]\\`{}^\s]/gu;
/** Also takes punctuation that belongs to the sentence. Linear: no two parts can match the same character. */
export const BARE_ADDRESS = /\b(?:https?:\/\/|www\.(?=[^\s.]))[^\s<>"`\u3000-\u303F\uFF00-\uFF0F]+/giu;

/** A longer one is data, not an address. */
const LONGEST_BARE = 2000;

export interface LinkRules {
  /** Longest address that may hide behind a text, in characters. */
  longestUrl: number;
  /** The platform drops links to a host without a dot, such as `homeassistant`. */
  dottedHosts?: boolean;
}

export type LinkText = { text: string; mark?: Extract<Mark, { kind: 'link' }> };

/** @returns the encoded address, or null where it is none that every platform takes */
export function safeUrl(address: string, longest: number): string | null {
  if (!/^https?:\/\//iu.test(address) || !URL.canParse(address)) return null;
  const { href, hostname } = new URL(address);
  if (hostname.startsWith('[')) return null; // IPv6: its brackets cannot be encoded
  const url = href.replace(
    UNSAFE,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return url.length <= longest ? url : null;
}

/**
 * @param label - without line breaks; may be empty
 * @param rules - an address that they do not let hide is written as text, which can be split
 */
export function linkTexts(label: string, address: string, rules: LinkRules): LinkText[] {
  if (label === '' || label === address) return bareLink(address, rules);
  if (address === `mailto:${label}` || address.startsWith('#') || address.trim() === '')
    return [{ text: label }];
  if (/^data:/iu.test(address)) return [{ text: label }];
  const url = safeUrl(address, rules.longestUrl);
  const shown = address.replace(/^mailto:/iu, '');
  if (url === null) return [{ text: `${label} (${shown})` }];
  if (isTrap(label, url) || isDropped(url, rules))
    return [{ text: `${label} (` }, ...bareLink(url, rules), { text: ')' }];
  return [{ text: label, mark: { kind: 'link', url, bare: false } }];
}

function bareLink(address: string, rules: LinkRules): LinkText[] {
  const url = safeUrl(/^www\./iu.test(address) ? `https://${address}` : address, rules.longestUrl);
  const text = address.replace(/^mailto:/iu, '');
  return url === null || isDropped(url, rules)
    ? [{ text }]
    : [{ text, mark: { kind: 'link', url, bare: true } }];
}

/** As tdlib does it in `LinkManager::check_link`. */
function isDropped(url: string, { dottedHosts = false }: LinkRules): boolean {
  return dottedHosts && !new URL(url).hostname.includes('.');
}

function isTrap(label: string, url: string): boolean {
  const [, site] = SITE.exec(label) ?? [];
  if (site === undefined) return label.includes('://');
  const host = new URL(url).hostname.replace(/^www\./u, '');
  return host !== site.toLowerCase();
}

/** Cuts a text at the bare addresses in it. */
export function findLinks(text: string, rules: LinkRules): LinkText[] {
  if (!text.includes('://') && !/www\./iu.test(text)) return [{ text }];
  const found: LinkText[] = [];
  let done = 0;
  for (const match of text.matchAll(BARE_ADDRESS)) {
    if (match[0].length > LONGEST_BARE) continue;
    const address = trimmedAddress(match[0]);
    if (!/^(?:https?:\/\/|www\.)[^\s/.]/iu.test(address)) continue;
    if (match.index > done) found.push({ text: text.slice(done, match.index) });
    found.push(...bareLink(address, rules));
    done = match.index + address.length;
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}

function trimmedAddress(match: string): string {
  let address = match.replace(/[.,:;!?'*_~"]+$/u, '');
  // A closing bracket is the sentence's, unless the address opened one.
  while (/[)\]}]$/u.test(address)) {
    const opened = address.split(address.endsWith(')') ? '(' : address.endsWith(']') ? '[' : '{').length;
    const closed = address.split(address.slice(-1)).length;
    if (closed <= opened) break;
    address = address.slice(0, -1).replace(/[.,:;!?'*_~"]+$/u, '');
  }
  return address;
}
