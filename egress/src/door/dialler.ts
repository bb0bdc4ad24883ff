/**
 * The way to a host that is allowed. Its name is asked for once, by the door; where one of its addresses must not be dialled
 * none is; and what is dialled is one of these addresses, so that no second answer counts.
 *
 * Where this machine reaches the world through a proxy (HTTPS_PROXY), that one is asked by name, since such proxies judge by
 * names and often nobody else there knows them; a name that leads inside, as far as this machine knows, is refused all the same.
 */
import type { LookupAddress } from 'node:dns';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Environment, goesThrough, proxyOf } from '@mobyclaw/lib/proxy';
import type { AddressPolicy } from './addresses.ts';
import { Refusal } from './refusal.ts';
import type { Target } from './target.ts';
import { askProxy } from './upstream-proxy.ts';

const CONNECT_MS = 15_000;
const LOOKUP_MS = 10_000;
/** Before the next address is tried as well; Node's 250 ms give up a host on the other side of the world. */
const NEXT_ADDRESS_MS = 1_500;
const KEEP_ALIVE_MS = 60_000; // a peer that is gone is noticed in a minute or two

/** @returns all addresses of the name; @throws the resolver's error */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export interface DiallerOptions {
  resolve: Resolve;
  addresses: AddressPolicy;
  environment: Environment;
}

export interface Route extends Target {
  addresses: readonly LookupAddress[];
  /** Address of the proxy through which the host is asked; null: directly. */
  proxy: string | null;
}

export class Dialler {
  readonly #options: DiallerOptions;
  /** One question for all that ask for the same name at the same time. */
  readonly #asked = new Map<string, Promise<readonly LookupAddress[]>>();

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** @throws Refusal */
  async find(target: Target, isPrivateMeant: boolean): Promise<Route> {
    const { host, port } = target;
    const proxy = this.#proxyFor(target);
    const addresses = await this.#resolve(host).catch((error: NodeJS.ErrnoException) => {
      if (proxy !== null) return [];
      throw new Refusal(
        'unreachable',
        `The name "${host}" leads nowhere (${error.code ?? error.message}).`,
        error,
      );
    });
    for (const { address } of addresses) {
      const kind = this.#options.addresses(address, isPrivateMeant);
      if (kind === null) continue;
      const next =
        kind === 'a private address'
          ? ' If that is meant, the owner allows it with "private: true" in egress.yaml.'
          : '';
      throw new Refusal(
        'address',
        `The door lets nothing through to "${host}": it leads to ${address}, which is ${kind}.${next}`,
      );
    }
    if (addresses.length === 0 && proxy === null) {
      throw new Refusal('unreachable', `The name "${host}" has no address.`);
    }
    return { host, port, addresses, proxy };
  }

  /** @throws Refusal */
  async connect({ host, port, addresses, proxy }: Route): Promise<Socket> {
    try {
      const socket = proxy === null ? dial(host, port, addresses) : dialProxy(proxy);
      await established(socket, proxy?.startsWith('https:') ? 'secureConnect' : 'connect');
      if (proxy !== null) await askProxy(socket, proxy, { host, port }, CONNECT_MS);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      socket.setNoDelay(true);
      return socket;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const where = proxy === null ? '' : ' through the proxy of this machine';
      throw new Refusal(
        'unreachable',
        `"${host}" is allowed and cannot be reached${where} (${code ?? message}).`,
        error,
      );
    }
  }

  #proxyFor({ host, port }: Target): string | null {
    const proxy = proxyOf(port === 80 ? 'http:' : 'https:', this.#options.environment);
    if (proxy === null || !goesThrough(proxy, host, port)) return null;
    if (proxy.address !== null) return proxy.address;
    throw new Refusal(
      'unreachable',
      'What is set as the proxy of this machine is no address of one. The owner writes it into HTTPS_PROXY as http://host:port.',
    );
  }

  #resolve(host: string): Promise<readonly LookupAddress[]> {
    const known = this.#asked.get(host);
    if (known) return known;
    const asked = within(LOOKUP_MS, this.#options.resolve(host)).finally(() => this.#asked.delete(host));
    this.#asked.set(host, asked);
    return asked;
  }
}

function dial(host: string, port: number, addresses: readonly LookupAddress[]): Socket {
  return connect({
    host,
    port,
    allowHalfOpen: true,
    autoSelectFamily: true, // several addresses are tried one after the other, both families in turn
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    lookup: (_name, _options, done) => done(null, [...addresses]),
  });
}

function dialProxy(address: string): Socket {
  const { protocol, hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:') return connectTls({ host, port: Number(port || 443), servername: host });
  return connect({ host, port: Number(port || 80), allowHalfOpen: true });
}

function established(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      CONNECT_MS,
    );
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.off(event, end).off('error', end);
      error ? reject(error) : resolve();
    };
    socket.once(event, () => end()).once('error', end);
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
