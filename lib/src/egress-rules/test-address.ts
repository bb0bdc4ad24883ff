/** What would become of a request, by the rules alone: for the command line, the page and the API. */
import type { EgressRules, HostRule } from '@mobyclaw/protocol/egress-rules';
import type { EgressTest } from '@mobyclaw/protocol/egress-view';
import { canonicalHost } from './host.ts';
import { beyondLimits, judge } from './judge.ts';

const HTTPS = 443;

export interface ReadAddress {
  host: string;
  port: number;
  /** Where the address has one. */
  path: string | null;
}

/** @param text `example.com`, `example.com:8443` or a whole address @returns null for what names no host */
export function readAddress(text: string): ReadAddress | null {
  const isWhole = /^https?:\/\//i.test(text);
  const [, scheme = 'https', authority = '', path = ''] =
    /^(?:(https?):\/\/)?([^/?#]*)([^#]*)/i.exec(isWhole ? text : text.replace(/^\/+/, '')) ?? [];
  const [, name = authority, port] = /^(.*?)(?::(\d{1,5}))?$/s.exec(authority) ?? [];
  const host = canonicalHost(name);
  const number = port === undefined ? (scheme.toLowerCase() === 'http' ? 80 : HTTPS) : Number(port);
  if (host === null || number < 1 || number > 65_535) return null;
  return { host, port: number, path: isWhole ? (path.startsWith('/') ? path : `/${path}`) : null };
}

/** @param registries what `packages: on` means, where that is known */
export function testAddress(
  rules: EgressRules,
  { host, port, path }: ReadAddress,
  registries: readonly HostRule[] = [],
): EgressTest {
  const ruling = judge(rules, { host, port }, registries);
  const told = (verdict: EgressTest['verdict'], reason: string): EgressTest => ({
    host,
    port,
    verdict,
    reason,
  });
  switch (ruling.reason) {
    case 'model':
      return told('refuse', 'In mode model nothing but the model is let through.');
    case 'denied':
      return told('refuse', 'A rule of `deny` names it.');
    case 'unknown':
      return told('ask', 'No rule names it, so the owner would be asked.');
    case 'open':
      return told('allow', 'In mode open any public host is let through, and written down.');
    case 'packages':
      return told('allow', 'It is a registry of packages, of which anything may be read (GET, HEAD).');
    case 'rule': {
      if (ruling.limits === null) return told('allow', 'A rule of `allow` names it.');
      const beyond = path === null ? null : beyondLimits(ruling.limits, { method: 'GET', path });
      const limits = ruling.limits
        .map(({ methods, paths }) => [...(methods ?? []), ...(paths ?? [])].join(' '))
        .join(', or ');
      if (beyond !== null) return told('refuse', `A rule of \`allow\` names it, but ${beyond}.`);
      return told('allow', `A rule of \`allow\` names it, for ${limits}.`);
    }
  }
}
