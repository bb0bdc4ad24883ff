/**
 * Agents of `node:http` and `node:https` for what is outside: they ask through the proxy that the environment names
 * (proxy.ts), by Node's own means, and say of a connection that failed there that it was the proxy.
 */
import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Environment, goesThrough, ProxyError, type ProxySetting, proxyOf } from './proxy.ts';

/** For the way through the proxy; shorter than any call may take, so that it is not the far host that seems silent. */
const TUNNEL_MS = 8000;

type Done = (error: Error | null, socket: Duplex) => void;
type Connect = (options: ClientRequestArgs, done?: Done) => Duplex | null | undefined;

/**
 * @param secure whether it is for https
 * @param tunnelMs longest time for the way through the proxy, in milliseconds
 */
export function outsideAgent(
  secure: boolean,
  options: AgentOptions = {},
  env: Environment = process.env,
  tunnelMs = TUNNEL_MS,
): HttpAgent {
  const proxy = proxyOf(secure ? 'https:' : 'http:', env);
  if (proxy === null) return secure ? new HttpsAgent(options) : new HttpAgent(options);
  return secure
    ? new ProxiedHttpsAgent(options, proxy, tunnelMs)
    : new ProxiedHttpAgent(options, proxy, tunnelMs);
}

const shared = new Map<boolean, HttpAgent>();

/** For requests that are few: its connections are not kept. */
export function sharedAgent({ protocol }: URL): HttpAgent {
  const secure = protocol === 'https:';
  const agent = shared.get(secure) ?? outsideAgent(secure);
  shared.set(secure, agent);
  return agent;
}

class ProxiedHttpAgent extends HttpAgent {
  readonly #proxy: ProxySetting;
  readonly #tunnelMs: number;

  constructor(options: AgentOptions, proxy: ProxySetting, tunnelMs: number) {
    super({ ...options, proxyEnv: proxyEnv(proxy) });
    this.#proxy = proxy;
    this.#tunnelMs = tunnelMs;
  }

  override createConnection(options: ClientRequestArgs, done?: Done): Duplex | null | undefined {
    const connect: Connect = (given, then) => super.createConnection(given, then);
    if (!done || !isFor(this.#proxy, options)) return connect(options, done);
    if (this.#proxy.address === null) return refuse(done);
    // Only the way to the proxy is waited for here; the request is the proxy's from there on.
    const socket = connect(options, () => {
      clearTimeout(timer);
      socket?.off('error', fail);
      done(null, socket as Duplex);
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      done(asProxyError(error), socket as Duplex);
    };
    const timer = setTimeout(() => socket?.destroy(new ProxyError('TIMEOUT')), this.#tunnelMs);
    socket?.once('error', fail);
    return undefined;
  }
}

class ProxiedHttpsAgent extends HttpsAgent {
  readonly #proxy: ProxySetting;
  readonly #tunnelMs: number;

  constructor(options: AgentOptions, proxy: ProxySetting, tunnelMs: number) {
    super({ ...options, proxyEnv: proxyEnv(proxy) });
    this.#proxy = proxy;
    this.#tunnelMs = tunnelMs;
  }

  override createConnection(options: ClientRequestArgs, done?: Done): Duplex | null | undefined {
    const connect: Connect = (given, then) => super.createConnection(given, then);
    if (!done || !isFor(this.#proxy, options)) return connect(options, done);
    if (this.#proxy.address === null) return refuse(done);
    // Node takes the time-out of a request for that of its tunnel.
    return connect({ ...options, timeout: this.#tunnelMs }, (error, socket) =>
      done(error && isOfProxy(error) ? asProxyError(error) : error, socket),
    );
  }
}

function isFor(proxy: ProxySetting, { host, port, socketPath }: ClientRequestArgs): boolean {
  return !socketPath && goesThrough(proxy, host ?? 'localhost', port ?? '');
}

/** One that cannot be used is none that can be asked: the name is reserved for that (RFC 6761). */
function proxyEnv({ address, except }: ProxySetting): NodeJS.ProcessEnv {
  const proxy = address ?? 'http://proxy.invalid';
  return { http_proxy: proxy, https_proxy: proxy, no_proxy: except.join(',') };
}

function refuse(done: Done): undefined {
  process.nextTick(done, new ProxyError('INVALID'));
}

/** What comes after the tunnel is made, such as a certificate that is no good, is of the far host. */
function isOfProxy(error: NodeJS.ErrnoException): boolean {
  const { code, syscall } = error;
  return code === 'ERR_PROXY_TUNNEL' || syscall === 'connect' || syscall === 'getaddrinfo';
}

function asProxyError(error: Error): ProxyError {
  if (error instanceof ProxyError) return error;
  const { statusCode, code, proxyTunnelTimeout } = error as NodeJS.ErrnoException & {
    statusCode?: number;
    proxyTunnelTimeout?: number;
  };
  if (statusCode !== undefined) return new ProxyError(String(statusCode), error);
  if (proxyTunnelTimeout !== undefined) return new ProxyError('TIMEOUT', error);
  return new ProxyError(code === 'ERR_PROXY_TUNNEL' ? 'TUNNEL' : (code ?? 'UNKNOWN'), error);
}
