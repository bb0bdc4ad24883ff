/**
 * GET of public web addresses, and of nothing else: the name is resolved here, the connection goes to the very address
 * that was checked (no second look-up that could answer differently), and every redirect is checked again. The agent's
 * machine has services on loopback and in its networks that no web page may reach through it.
 *
 * Where a proxy is set it is the proxy that looks names up, often because nobody can here. Then an address that is private
 * by its number, by its name, or by what can be looked up here is refused all the same, and for the rest the proxy answers.
 */
import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { outsideAgent } from '@mobyclaw/lib/outside-agent';
import { type Environment, isProxied } from '@mobyclaw/lib/proxy';

const MAX_REDIRECTS = 5;
const MAX_BYTES = 5 * 1024 * 1024;

const closed = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  closed.addSubnet(net, prefix, 'ipv4');
}

const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6'); // global unicast; everything else is local, private or reserved
const closedV6 = new BlockList();
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4 carries an IPv4 address that could be private
] as const) {
  closedV6.addSubnet(net, prefix, 'ipv6');
}

/** @param address an IP address in its usual form */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !closed.check(address, 'ipv4');
  return isIP(address) === 6 && publicV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6');
}

export interface PublicPage {
  url: string;
  status: number;
  contentType: string;
  body: string;
  truncated: boolean;
}

export interface GetOptions {
  signal: AbortSignal;
  resolveName?: (name: string) => Promise<string[]>;
  /** Tests let their own server through. */
  isAllowed?: (address: string) => boolean;
  /** The proxy that it names is asked; that of the process otherwise. */
  env?: Environment;
}

/** @throws Error saying why the address is refused or could not be read */
export async function getPublicPage(address: string, options: GetOptions): Promise<PublicPage> {
  let url = parseUrl(address);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await get(url, await wayTo(url, options), options.signal);
    const location = response.headers.location;
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400 && location) {
      response.destroy();
      url = parseUrl(new URL(location, url).href);
      continue;
    }
    const { text, truncated } = await readBody(response);
    return {
      url: url.href,
      status,
      contentType: response.headers['content-type'] ?? '',
      body: text,
      truncated,
    };
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Error(`"${text}" is not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`only http and https addresses can be fetched, not ${url.protocol}`);
  }
  return url;
}

/** Names of no public host: those without a dot, and what is kept for networks of one's own (RFC 6761, 6762, 8375). */
const PRIVATE_NAME = /^[^.]*$|\.(localhost|local|internal|lan|home|corp|intranet|private|home\.arpa)$/i;

async function wayTo(url: URL, options: GetOptions): Promise<Pick<RequestOptions, 'agent' | 'lookup'>> {
  const { env = process.env, isAllowed = isPublicAddress, resolveName = resolveAll } = options;
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const proxied = isProxied(url, env);
  const refused = new Error(`${host} is a private or local address, which is not fetched`);
  if (proxied && !isIP(host) && PRIVATE_NAME.test(host)) throw refused;
  const addresses = isIP(host)
    ? [host]
    : await (proxied ? whatIsKnown(host, resolveName) : resolveName(host));
  if (!addresses.every(isAllowed)) throw refused;
  if (proxied) return { agent: outsideAgent(url.protocol === 'https:', {}, env) };
  const [address] = addresses;
  if (address === undefined) throw new Error(`the name ${host} has no address`);
  return {
    agent: false,
    lookup: (_name, { all }, done) => {
      const family = isIP(address);
      if (all) return done(null, [{ address, family }]);
      done(null, address, family);
    },
  };
}

/** @returns no address where nobody here knows the name */
async function whatIsKnown(
  name: string,
  resolveName: (name: string) => Promise<string[]>,
): Promise<string[]> {
  try {
    return await resolveName(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return [];
    throw error;
  }
}

async function resolveAll(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map((entry) => entry.address);
}

function get(url: URL, way: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method: 'GET',
      signal,
      headers: {
        'User-Agent': 'Mobyclaw',
        Accept: 'text/html,text/plain,*/*;q=0.5',
        'Accept-Encoding': 'gzip, deflate, br',
      },
      ...way,
    });
    call.on('response', resolve);
    call.on('error', reject);
    call.end();
  });
}

async function readBody(response: IncomingMessage): Promise<{ text: string; truncated: boolean }> {
  const decoder = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress }[
    (response.headers['content-encoding'] ?? '') as 'gzip' | 'deflate' | 'br'
  ];
  const stream = decoder ? response.pipe(decoder()) : response;
  if (stream !== response) response.on('error', (error) => stream.destroy(error));
  const pieces: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  for await (const piece of stream) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes > MAX_BYTES) {
      truncated = true;
      break;
    }
  }
  response.destroy();
  const charset = /charset="?([\w-]+)/i.exec(response.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return { text: decode(Buffer.concat(pieces).subarray(0, MAX_BYTES), charset), truncated };
}

function decode(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder().decode(bytes); // a charset that nobody knows
    throw error;
  }
}
