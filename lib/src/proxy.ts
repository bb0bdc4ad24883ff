/**
 * The proxy through which the world outside is asked: HTTP_PROXY and HTTPS_PROXY, and in NO_PROXY what is asked without
 * one; each in lower case too. This machine and the stack's own parts are never asked through it, whatever is set.
 *
 * Nothing here throws for what is set: a request that would need a proxy that cannot be used fails, and its error says so.
 * Addresses of proxies hold passwords, so none is ever part of a message.
 */
import { BlockList, isIP } from 'node:net';

export type Environment = Readonly<Record<string, string | undefined>>;

/** By the names of docker-compose.yml; the ranges in the form that Node's agents know. */
const OWN_HOSTS = [
  'localhost',
  '*.localhost',
  '127.0.0.0-127.255.255.255',
  '::1',
  '0.0.0.0',
  'memory',
  'workspace',
  'gateway',
  'moby',
  'moby-agent',
  'egress',
  'egress-control',
  'host.docker.internal',
];

export interface ProxySetting {
  /** Null where what is set is no address of an HTTP proxy. */
  address: string | null;
  /** What is asked without it, as Node's agents take it: names, `*.suffix`, `host:port`, ranges of IPv4, `*`. */
  except: readonly string[];
}

/**
 * @param protocol of what is asked, with its colon
 * @returns null where none is set
 */
export function proxyOf(protocol: string, env: Environment): ProxySetting | null {
  const set = protocol === 'https:' ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!set) return null;
  const own = `${env.no_proxy ?? ''},${env.NO_PROXY ?? ''}`.toLowerCase().split(/[\s,]+/);
  return { address: addressIn(set), except: [...OWN_HOSTS, ...own.filter(Boolean).flatMap(entries)] };
}

/** Whether a host is asked through the proxy; the same as Node's agents find by `except`. */
export function goesThrough({ except }: ProxySetting, host: string, port: number | string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return !except.some(
    (entry) =>
      entry === '*' ||
      entry === name ||
      entry === `${name}:${port}` ||
      (entry.startsWith('*.') && name.endsWith(entry.slice(1))) ||
      isWithin(name, entry),
  );
}

/** @returns whether a request to this address goes through a proxy, or would if the one that is set could be used */
export function isProxied({ protocol, hostname, port }: URL, env: Environment): boolean {
  const proxy = proxyOf(protocol, env);
  return proxy !== null && goesThrough(proxy, hostname, port || (protocol === 'https:' ? 443 : 80));
}

/** A host and a port alone are taken for those of a proxy that speaks http, as curl and Go do. */
function addressIn(set: string): string | null {
  const url = URL.parse(set.includes('://') ? set : `http://${set}`);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return null;
  try {
    decodeURIComponent(url.username + url.password); // Node does, and throws in the middle of its constructor
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
  return url.href;
}

/** A name means what is below it too, as with curl and Go; `10.0.0.0/8` is a range. */
function entries(entry: string): string[] {
  if (entry.startsWith('.')) return [`*${entry}`, entry.slice(1)];
  const [net = '', prefix] = entry.split('/');
  if (prefix !== undefined && isIP(net) === 4 && /^\d+$/.test(prefix)) return [rangeOf(net, Number(prefix))];
  const name = /^(?!.*\*)[a-z0-9_.-]*[a-z][a-z0-9_.-]*$/.test(entry);
  return name ? [entry, `*.${entry}`] : [entry.replace(/^\[([^\]]*)\]$/, '$1')];
}

function rangeOf(net: string, prefix: number): string {
  const size = 2 ** (32 - Math.min(prefix, 32));
  const given = net.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = given - (given % size);
  return `${dotted(first)}-${dotted(first + size - 1)}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function isWithin(host: string, entry: string): boolean {
  const [first = '', last = ''] = entry.split('-');
  if (isIP(host) !== 4 || isIP(first) !== 4 || isIP(last) !== 4) return false;
  const range = new BlockList();
  range.addRange(first, last, 'ipv4');
  return range.check(host, 'ipv4');
}

const SETTINGS = 'HTTPS_PROXY and HTTP_PROXY';

/** Why a request did not get beyond the proxy: `ERR_PROXY_` and the proxy's status, a system error, TIMEOUT or INVALID. */
export class ProxyError extends Error {
  override name = 'ProxyError';
  readonly code: string;

  constructor(why: string, cause?: unknown) {
    const code = `ERR_PROXY_${why}`;
    const { message, hint } = proxyTrouble(code) as ProxyTrouble;
    super(`${message}. ${hint}`, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

export interface ProxyTrouble {
  /** Without a capital letter and a full stop. */
  message: string;
  hint: string;
}

/**
 * @param code of a failed request: libraries between hand on the code of an error and not the error
 * @returns null where it is not the proxy's
 */
export function proxyTrouble(code: string): ProxyTrouble | null {
  const why = /^ERR_PROXY_(\w+)$/.exec(code)?.[1];
  if (why === undefined) return null;
  if (why === 'INVALID') {
    return {
      message: 'what is set as the proxy is no address of one',
      hint: `Write it into ${SETTINGS} as http://host:port or http://user:password@host:port, and start Moby again.`,
    };
  }
  if (why === '407') {
    return {
      message: 'the proxy refuses the name and the password, or wants some (407)',
      hint: `Write them into ${SETTINGS} as http://user:password@host:port, and start Moby again.`,
    };
  }
  if (/^\d+$/.test(why)) {
    return {
      message: `the proxy did not make the connection (${why})`,
      hint: 'See whether it lets this host through; a host that needs no proxy belongs into NO_PROXY.',
    };
  }
  return {
    message: why === 'TIMEOUT' ? 'the proxy does not answer' : `the proxy cannot be reached (${why})`,
    hint: `See whether it runs, and whether ${SETTINGS} name the right address; a host that needs no proxy belongs into NO_PROXY.`,
  };
}
