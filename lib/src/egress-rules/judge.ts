/**
 * What the owner's rule says of a host: `deny` first, then the rule of `allow` that names it most exactly, then the
 * registries, then the mode. Where that rule speaks of methods or paths, each request is judged too, for which TLS is ended.
 */
import type { EgressRules, HostRule } from '@mobyclaw/protocol/egress-rules';
import { meansHost } from './host.ts';

const USUAL_PORTS: readonly number[] = [80, 443];
/** How a path could mean another one to the server than to us: encoded signs, dots that go up, doubled slashes. */
const ODD_PATH = /%2f|%5c|%2e|%00|\\|\/\/|(?:^|\/)\.{1,2}(?:\/|$)|;/i;

export interface Target {
  /** Canonical. */
  host: string;
  port: number;
}

export interface AskedRequest {
  method: string;
  /** As it stands in the request line, with or without what follows `?`. */
  path: string;
  hasBody?: boolean;
  /** It wants to become a WebSocket or another stream. */
  isUpgrade?: boolean;
}

export type Ruling =
  | {
      verdict: 'allow';
      reason: 'rule' | 'packages' | 'open';
      isPrivate: boolean;
      limits: readonly HostRule[] | null;
    }
  | { verdict: 'ask'; reason: 'unknown' }
  | { verdict: 'refuse'; reason: 'denied' | 'model' };

/** @param registries what `packages: on` means, canonical hosts with their ports */
export function judge(rules: EgressRules, target: Target, registries: readonly HostRule[] = []): Ruling {
  if (rules.mode === 'model') return { verdict: 'refuse', reason: 'model' };
  if (rules.deny.some((rule) => meansHost(rule.host, target.host) && isDeniedAt(rule, target.port))) {
    return { verdict: 'refuse', reason: 'denied' };
  }
  const found = mostExact(rules.allow.filter((rule) => means(rule, target)));
  if (found.length > 0) {
    const isPrivate = found.some((rule) => rule.private === true);
    const isWhole = found.some(({ methods, paths }) => methods === undefined && paths === undefined);
    return { verdict: 'allow', reason: 'rule', isPrivate, limits: isWhole ? null : found };
  }
  const registry = rules.packages ? registries.filter((rule) => means(rule, target)) : [];
  if (registry.length > 0 && rules.mode !== 'open') {
    return { verdict: 'allow', reason: 'packages', isPrivate: false, limits: registry };
  }
  if (rules.mode === 'open') return { verdict: 'allow', reason: 'open', isPrivate: false, limits: null };
  return { verdict: 'ask', reason: 'unknown' };
}

/** @returns why a request may not pass by these limits, the end of a sentence; null where it may */
export function beyondLimits(limits: readonly HostRule[], request: AskedRequest): string | null {
  const problems = limits.map((rule) => beyond(rule, request));
  return problems.includes(null) ? null : (problems[0] ?? 'no rule means it');
}

function beyond({ methods, paths }: HostRule, request: AskedRequest): string | null {
  const method = request.method.toUpperCase();
  if (methods) {
    const isMeant = methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
    if (!isMeant) return `only ${methods.join(', ')} is allowed there, and this is ${method}`;
    if (request.isUpgrade) return 'a rule with methods lets no WebSocket through';
    if (request.hasBody && (method === 'GET' || method === 'HEAD')) {
      return `a ${method} that carries a body is no mere look`;
    }
  }
  if (paths) {
    const path = request.path.replace(/[?#].*$/s, '');
    if (!path.startsWith('/')) return `only the paths ${paths.join(', ')} are allowed there`;
    if (ODD_PATH.test(path)) return 'its path is written in a way that can be read as another one';
    const isMeant = paths.some((one) =>
      one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : path === one,
    );
    if (!isMeant) return `only the paths ${paths.join(', ')} are allowed there`;
  }
  return null;
}

function means(rule: HostRule, { host, port }: Target): boolean {
  return meansHost(rule.host, host) && (rule.ports ?? USUAL_PORTS).includes(port);
}

/** Without ports a rule of `deny` means all of them. */
function isDeniedAt({ ports }: HostRule, port: number): boolean {
  return ports === undefined || ports.includes(port);
}

/** A name beats `*.`, and of those the longer one; rules for the same name count together. */
function mostExact(rules: readonly HostRule[]): HostRule[] {
  const weight = ({ host }: HostRule): number => (host.startsWith('*.') ? host.length : 1000);
  const most = Math.max(0, ...rules.map(weight));
  return rules.filter((rule) => weight(rule) === most);
}
