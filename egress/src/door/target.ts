/**
 * What a request to the door asks for, read from its bytes and by nobody who means well: parsers of addresses make
 * `127.0.0.1` of `0x7f.1` and throw away what stands before an "@", and the next program may read it in another way.
 */
import { readHostName } from '@mobyclaw/lib/host-name';
import { Refusal } from './refusal.ts';

export interface Target {
  host: string;
  port: number;
}

/**
 * @param text `host:port`, of CONNECT
 * @throws Refusal
 */
export function readAuthority(text: string): Target {
  const [, host, port] = /^(.*):(\d{1,5})$/s.exec(text) ?? [];
  if (host === undefined || port === undefined || !isPort(Number(port))) {
    throw new Refusal(
      'request',
      `The door was asked for ${shown(text)}, and takes a name and a port, such as example.com:443.`,
    );
  }
  return { host: nameIn(host), port: Number(port) };
}

/**
 * @param text the whole address of a request that is no CONNECT
 * @returns what it asks for, and the path with its query
 * @throws Refusal
 */
export function readAddress(text: string): Target & { path: string } {
  const [, scheme, authority, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) {
    throw new Refusal('request', 'This is a proxy: it takes CONNECT, and requests with a whole address.');
  }
  if (scheme.toLowerCase() !== 'http') {
    throw new Refusal(
      'request',
      `The door takes ${shown(scheme)} by CONNECT alone; set this program's proxy for it too.`,
    );
  }
  const { host, port } = readHostHeader(authority);
  if (rest.startsWith('\\') || /[^\x21-\x7e]/.test(rest)) {
    throw new Refusal('request', 'The address of this request holds signs that no address has.');
  }
  const path = rest.replace(/#.*$/, '');
  return { host, port, path: path.startsWith('/') ? path : `/${path}` };
}

/**
 * @param usual the port that is meant where none is named
 * @throws Refusal
 */
export function readHostHeader(text: string, usual = 80): Target {
  const [, host = text, port] = /^(.*?)(?::(\d{1,5}))?$/s.exec(text) ?? [];
  if (port !== undefined && !isPort(Number(port))) {
    throw new Refusal('request', `There is no port ${shown(port)}.`);
  }
  return { host: nameIn(host), port: port === undefined ? usual : Number(port) };
}

function nameIn(host: string): string {
  const read = readHostName(host);
  if ('name' in read) return read.name;
  throw new Refusal('name', `The door lets nothing through to ${shown(host)}: it ${read.fault}.`);
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/** In quotation marks and harmless: it goes into a line of HTTP, a log and a terminal. */
export function shown(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  return `"${plain}"`;
}
