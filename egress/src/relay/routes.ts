/**
 * Where calls go: the routes of the providers that are known by name, and those of the published soul.yaml, which is read
 * again when it has changed. A key goes to the address that the owner wrote it for and to no other.
 *
 * A soul.yaml that cannot be read leaves the last routes in force; memory publishes none that it cannot parse.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Environment } from '@mobyclaw/lib/model-ref';
import { type ModelRoute, ownRoutes, standardRoutes, versionOf } from '@mobyclaw/lib/model-routes';
import { ownerText } from '@mobyclaw/lib/owner-text';
import { soulModels } from '@mobyclaw/lib/soul-models';

/** The owner's machine as he writes it; `host.docker.internal` is what init writes for containers. */
const THIS_MACHINE = /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)$/;
const TEMPLATE = /\$\{\s*env\.([A-Za-z_]\w*)\s*\}/g;

export interface RoutesOptions {
  /** The published soul.yaml. */
  soulFile: string;
  /** Keys and addresses. */
  environment: Environment;
  /** What `localhost` in an address means: in a container, the machine around it. */
  localhost: string | null;
}

/** Without containers the machine has no name of Docker's, so that the same soul.yaml serves both ways. */
function keptLoopback(hostname: string): string {
  return hostname === 'host.docker.internal' ? '127.0.0.1' : hostname;
}

export class Routes {
  readonly #options: RoutesOptions;
  readonly #standard: ReadonlyMap<string, ModelRoute>;
  #own: ReadonlyMap<string, ModelRoute> = new Map();
  #seen = '';

  constructor(options: RoutesOptions) {
    this.#options = options;
    this.#standard = new Map(standardRoutes(options.environment).map((route) => [route.name, route]));
  }

  find(name: string): ModelRoute | null {
    const standard = this.#standard.get(name);
    if (standard) return standard;
    this.#refresh();
    return this.#own.get(name) ?? null;
  }

  /** @returns null where none is set, and the server is asked without one */
  keyOf({ keys }: ModelRoute): string | null {
    for (const name of keys) {
      const value = this.#options.environment[name];
      if (value) return value;
    }
    return null;
  }

  /** @param path below the route, with its query @returns null where the owner's address is none */
  target({ address }: ModelRoute, path: string): URL | null {
    const { environment, localhost } = this.#options;
    const written = address
      .replace(TEMPLATE, (_, name: string) => environment[name] ?? '')
      .replace(/\/+$/, '');
    const version = versionOf(written);
    // Both the address and the engine may name the API version: then the address's counts.
    const rest = version === '' ? path : path.replace(/^\/v\d+\w*(?=\/)/, '');
    const url = URL.parse(`${written}${rest}`);
    if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
    if (THIS_MACHINE.test(url.hostname)) url.hostname = localhost ?? keptLoopback(url.hostname);
    return url;
  }

  #refresh(): void {
    const { soulFile } = this.#options;
    const stats = statSync(soulFile, { throwIfNoEntry: false });
    const seen = stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    const soul = stats === undefined ? null : soulModels(ownerText(readFileSync(soulFile)));
    if (soul !== null) this.#own = new Map(ownRoutes(soul).map((route) => [route.name, route]));
  }
}
