/**
 * Secrets that Moby has only a stand-in of. For the hosts that the owner named, over TLS alone, the door puts the value in the
 * place of the stand-in: in headers, in Basic (which is base64 of a name and the value), and in path and query where he said
 * `url`; what comes back has the stand-in again. On its way to anybody else a stand-in is refused: it is worth nothing there,
 * and who sends it means to send the value.
 *
 * Not seen: what passes through in TLS that is not ended here, bodies that are compressed, and values that the far side
 * encodes in some other way before it sends them back.
 */
import type { BoundSecret } from '@mobyclaw/lib/credentials/bound-secrets';
import { ByteMatcher } from './byte-matcher.ts';

export interface Destination {
  host: string;
  port: number;
  /** Whether the way there is TLS that the door itself has checked. */
  isSecure: boolean;
}

/** Names and values of headers one after the other, as `rawHeaders` of Node has them. */
export type FlatHeaders = readonly string[];

export interface Filled {
  headers: string[];
  path: string;
  /** What was sent, to what stands for it; for what comes back. */
  sent: readonly [value: string, standIn: string][];
}

/** A stand-in on its way to somebody whom its secret is not for. */
export class StrayStandIn extends Error {
  override name = 'StrayStandIn';
  readonly secret: BoundSecret;
  /** It is for this host, and stands where it may not. */
  readonly isPlace: boolean;

  constructor(secret: BoundSecret, isPlace: boolean) {
    const hosts = secret.hosts.join(', ');
    super(
      isPlace
        ? `${secret.name} belongs into headers, and this request has it in its address. Send it as a header; where the host knows no other way, the owner writes "; url" behind its hosts in credentials.env.`
        : `This request carries what stands for ${secret.name}, which is for ${hosts} over https alone. Nothing was sent. If it belongs there, the owner adds the host in credentials.env.`,
    );
    this.secret = secret;
    this.isPlace = isPlace;
  }
}

export class BoundSecrets {
  readonly #all: readonly BoundSecret[];

  constructor(all: readonly BoundSecret[]) {
    this.#all = all;
  }

  /** Whether TLS to this host is ended here. */
  areFor({ host, port }: Pick<Destination, 'host' | 'port'>): boolean {
    return this.#all.some((secret) => isFor(secret, host, port));
  }

  /**
   * The request as it goes to its host.
   * @throws StrayStandIn
   */
  fill(to: Destination, headers: FlatHeaders, path: string): Filled {
    const sent: [string, string][] = [];
    const filled = headers.map((text, index) => {
      const name = index % 2 === 0 ? null : headers[index - 1]?.toLowerCase();
      if (name === undefined || name === null) return this.#inText(text, to, sent, 'refused');
      const basic = /^authorization$/.test(name) ? /^(Basic +)(\S+)\s*$/i.exec(text) : null;
      if (!basic) return this.#inText(text, to, sent, 'header');
      const [, scheme = '', code = ''] = basic;
      const before = Buffer.from(code, 'base64').toString('latin1');
      const after = this.#inText(before, to, sent, 'header');
      if (after === before) return text;
      const encoded = Buffer.from(after, 'latin1').toString('base64');
      sent.push([encoded, Buffer.from(before, 'latin1').toString('base64')]);
      return scheme + encoded;
    });
    return { headers: filled, path: this.#inText(path, to, sent, 'url'), sent };
  }

  #inText(
    text: string,
    to: Destination,
    sent: [string, string][],
    place: 'header' | 'url' | 'refused',
  ): string {
    let out = text;
    for (const secret of this.#all) {
      const { value, standIn, inUrl } = secret;
      const forms: [string, string][] = [[standIn, value]];
      const encoded = encodeURIComponent(standIn);
      if (place === 'url' && encoded !== standIn) forms.push([encoded, encodeURIComponent(value)]);
      for (const [from, into] of forms) {
        if (!out.includes(from)) continue;
        const isBound = to.isSecure && isFor(secret, to.host, to.port);
        if (!isBound) throw new StrayStandIn(secret, false);
        if (place === 'refused' || (place === 'url' && !inUrl)) throw new StrayStandIn(secret, true);
        out = out.replaceAll(from, () => into);
        sent.push([value, standIn]);
      }
    }
    return out;
  }

  /**
   * Watches what goes out beside headers and address: bodies, best effort.
   * @returns null where there is nothing to look for
   */
  watch(to: Destination): ((chunk: Buffer) => StrayStandIn | null) | null {
    const strays = this.#all.filter((secret) => !to.isSecure || !isFor(secret, to.host, to.port));
    if (strays.length === 0) return null;
    const matcher = new ByteMatcher(strays.map(({ standIn }) => Buffer.from(standIn, 'latin1')));
    return (chunk) => {
      const secret = strays[matcher.push(chunk).found[0] ?? -1];
      return secret ? new StrayStandIn(secret, false) : null;
    };
  }

  /** What comes back from a host, with stand-ins in the place of values; of the same length. */
  unfill(
    to: Destination,
    sent: Filled['sent'] = [],
  ): { text(text: string): string; matcher(): ByteMatcher } | null {
    const known = this.#all.filter((secret) => isFor(secret, to.host, to.port));
    if (known.length === 0) return null;
    const pairs = [...sent, ...known.map(({ value, standIn }) => [value, standIn] as const)].filter(
      ([value, standIn]) => value.length === standIn.length,
    );
    const bytes = (side: 0 | 1): Buffer[] => pairs.map((pair) => Buffer.from(pair[side], 'latin1'));
    return {
      text: (text) => pairs.reduce((out, [value, standIn]) => out.replaceAll(value, () => standIn), text),
      matcher: () => new ByteMatcher(bytes(0), bytes(1)),
    };
  }
}

function isFor({ hosts }: BoundSecret, host: string, port: number): boolean {
  return hosts.includes(port === 443 ? host : `${host}:${port}`);
}
