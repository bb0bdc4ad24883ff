/**
 * Reads `egress.yaml`. It is all or nothing: a file with one fault has no rules, so that nothing is allowed by a half of it.
 * The first fault is told with its line.
 */
import {
  type EgressProblem,
  type EgressRules,
  egressFileSchema,
  type HostRule,
} from '@mobyclaw/protocol/egress-rules';
import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, type Node, visit } from 'yaml';
import { OwnerTextError, ownerText } from '../owner-text.ts';
import { plainIssue } from '../plain-issue.ts';
import { asSentence } from '../sentence.ts';
import { readYaml } from '../yaml-text.ts';
import { canonicalHost, isOwnMachine } from './host.ts';

const MOST_BYTES = 256 * 1024;
const LEAST_LABELS_BELOW = 2; // `*.com` would be half of the world

/** What holds where there is no file. */
export const DEFAULT_RULES: EgressRules = { mode: 'ask', allow: [], deny: [], packages: false };

export type ReadRules = { rules: EgressRules } | { problem: EgressProblem };

/** @param bytes of the file; hosts come back in their canonical form */
export function readRules(bytes: Uint8Array): ReadRules {
  if (bytes.length > MOST_BYTES) {
    return { problem: { message: `egress.yaml is larger than ${MOST_BYTES} bytes.` } };
  }
  try {
    return readRulesText(ownerText(bytes));
  } catch (error) {
    if (!(error instanceof OwnerTextError)) throw error;
    return { problem: { message: `egress.yaml ${error.message}.` } };
  }
}

export function readRulesText(text: string): ReadRules {
  const lineCounter = new LineCounter();
  const document = readYaml(text, { lineCounter, prettyErrors: false });
  const fault = (message: string, offset: number | undefined): ReadRules => {
    if (offset === undefined) return { problem: { message: asSentence(message) } };
    const { line, col } = lineCounter.linePos(offset);
    return { problem: { message: asSentence(message), line, column: col } };
  };
  const star = firstAlias(document);
  const error = document.errors[0];
  if (star && (!error || star.at <= error.pos[0])) return fault(star.message, star.at);
  if (error) return fault(error.message, error.pos[0]);
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { rules: DEFAULT_RULES };
  }
  if (!isMap(document.contents)) return fault('egress.yaml has the keys mode, allow, deny and packages', 0);
  const parsed = egressFileSchema.safeParse(document.toJS(), { error: plainIssue });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path ?? [];
    if (issue?.code === 'unrecognized_keys') {
      const at = keyOf(document, path, issue.keys[0] ?? '');
      return fault(`"${issue.keys[0]}" is no key here; ${keysAt(path)}`, at);
    }
    return fault(`${named(path)} ${issue?.message ?? 'cannot be read'}`, placeOf(document, path));
  }
  const { mode, allow = [], deny = [], packages } = parsed.data;
  const read: Record<'allow' | 'deny', HostRule[]> = { allow: [], deny: [] };
  for (const [list, rules] of Object.entries({ allow, deny }) as ['allow' | 'deny', HostRule[]][]) {
    for (const [index, rule] of rules.entries()) {
      const checked = checkedRule(rule);
      if ('fault' in checked) return fault(checked.fault, placeOf(document, [list, index, 'host']));
      read[list].push(checked.rule);
    }
  }
  return {
    rules: { ...read, mode: mode ?? DEFAULT_RULES.mode, packages: packages === 'on' || packages === true },
  };
}

/** The rule in its canonical form, or what is wrong with it: a sentence that names its host. */
export function checkedRule(rule: HostRule): { rule: HostRule } | { fault: string } {
  const { host } = rule;
  const isBelow = host.startsWith('*.');
  const name = canonicalHost(isBelow ? host.slice(2) : host);
  if (name === null) return { fault: notAName(host) };
  if (isOwnMachine(name)) {
    return { fault: `"${host}" would be the machine of the door itself, which is never let through` };
  }
  if (isBelow && name.split('.').length < LEAST_LABELS_BELOW) {
    return { fault: `"${host}" would be every name under "${name}"; for any host there is mode: open` };
  }
  if (isBelow && rule.private) {
    return {
      fault: `"${host}" cannot be private: whoever owns the names below could point one at any machine of your network. Name the host itself`,
    };
  }
  const { ports, methods, paths } = rule;
  return {
    rule: {
      host: isBelow ? `*.${name}` : name,
      ...(ports ? { ports: [...new Set(ports)] } : {}),
      ...(methods ? { methods: [...new Set(methods.map((method) => method.toUpperCase()))] } : {}),
      ...(paths ? { paths: [...new Set(paths)] } : {}),
      ...(rule.private ? { private: true } : {}),
    },
  };
}

function notAName(host: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host)) return `"${host}" is an address of a page; write its host alone`;
  if (/^[^:]+:\d+$/.test(host)) {
    const [name, port] = host.split(':');
    return `"${host}" has a port in it; write { host: ${name}, ports: [${port}] }`;
  }
  if (host === '*') return '"*" would be any host; that is mode: open';
  if (host.includes('*')) return `"${host}" has a * where none may stand; only "*." at the beginning may`;
  return `"${host}" is no name of a host; addresses are not let through in any spelling, names are`;
}

/** YAML takes a `*` at the beginning for a reference, which nobody means here. */
function firstAlias(document: Document): { at: number; message: string } | null {
  let found: { at: number; message: string } | null = null;
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const said = node.source.startsWith('.') ? `"*${node.source}"` : '"*.example.com"';
        found = {
          at: node.range?.[0] ?? 0,
          message: `a name that begins with * needs quotation marks: ${said}`,
        };
        return visit.BREAK;
      }
      return undefined;
    },
  });
  return found;
}

function named(path: readonly PropertyKey[]): string {
  const words = path.map((step) => (typeof step === 'number' ? `entry ${step + 1}` : String(step)));
  return words.length === 0 ? 'egress.yaml' : words.join(', ');
}

function keysAt(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'there are mode, allow, deny and packages';
  return path[0] === 'deny'
    ? 'there are host and ports'
    : 'there are host, ports, methods, paths and private';
}

/** The place of a value, or of what holds it where it is not there. */
function placeOf(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return (document.contents as Node | null)?.range?.[0];
}

function keyOf(document: Document.Parsed, path: readonly PropertyKey[], key: string): number | undefined {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map)
    ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : null;
  return isScalar(pair?.key) ? pair.key.range?.[0] : placeOf(document, path);
}
