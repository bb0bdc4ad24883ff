/**
 * Whether a text is the name of a host and can be nothing else, to no program and no resolver: letters, digits, `-`, `_` and
 * dots, in ASCII. An address in any spelling ends in something that is no top-level name (`127.1`, `0x7f000001`, `[::1]`,
 * `fe80::1%eth0`), which is what the URL Standard goes by too (https://url.spec.whatwg.org/#ends-in-a-number-checker).
 */
import { domainToASCII, domainToUnicode } from 'node:url';

const MOST_NAME = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const LAST_LABEL = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export type HostName = { name: string } | { fault: string };

/** @returns the name in lower case, or what is wrong with it, as the end of a sentence that names it */
export function readHostName(text: string): HostName {
  if (text === '') return { fault: 'is empty' };
  if (/[^\x20-\x7e]/.test(text)) {
    return { fault: 'holds signs that are not ASCII; write a foreign name in its form with xn--' };
  }
  if (text.includes('@')) return { fault: 'holds an "@": name the host alone' };
  const name = text.toLowerCase();
  if (name.length > MOST_NAME) return { fault: `is longer than ${MOST_NAME} characters` };
  if (name.endsWith('.')) return { fault: 'ends in a dot; write it without' };
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  if (/[:[\]%]/.test(name) || /^(?:\d+|0x[0-9a-f]*)$/.test(last)) {
    return { fault: 'is an address; only names can be asked for' };
  }
  if (!labels.every((label) => LABEL.test(label)) || !LAST_LABEL.test(last)) {
    return { fault: 'is no name of a host' };
  }
  if (labels.some((label) => label.startsWith('xn--') && !isForeignLabel(label))) {
    return { fault: 'holds a part with xn-- that means no name' };
  }
  return { name };
}

/** Whether it decodes to one that encodes to it again; others would be read one way here and another there. */
function isForeignLabel(label: string): boolean {
  const foreign = domainToUnicode(label);
  return /[^\x20-\x7e\x80-\x9f]/.test(foreign) && domainToASCII(foreign) === label;
}
