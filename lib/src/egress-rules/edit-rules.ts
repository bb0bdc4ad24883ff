/**
 * Changes to the owner's `egress.yaml` that he asked for by an answer, a command or the page: one thing is put in or taken
 * out, and all the rest stays as he wrote it. Doing the same twice changes nothing the second time.
 */
import type { EgressEdit, EgressMode, EgressRules, HostRule } from '@mobyclaw/protocol/egress-rules';
import { isMap, isScalar, type YAMLMap } from 'yaml';
import {
  applied,
  type Edit,
  inPlaceOf,
  intoList,
  keyBeforeFirst,
  newlineOf,
  outOfList,
  UneditableYamlError,
} from '../yaml-list.ts';
import { readYaml } from '../yaml-text.ts';
import { meansHost } from './host.ts';
import { checkedRule, readRulesText } from './read-rules.ts';

/** Nothing was changed; the message says why and what the owner can do. */
export class EgressEditError extends Error {
  override name = 'EgressEditError';
}

const BY_HAND = 'Change it by hand';

/**
 * @returns the text that says so; the same text where it does already
 * @throws EgressEditError
 */
export function editRules(text: string, edit: EgressEdit): string {
  const rules = rulesOf(text);
  if (edit.do === 'allow') return withAllowed(text, rules, canonical(edit.rule));
  if (edit.do === 'mode')
    return rules.mode === edit.mode ? text : withValue(text, 'mode', edit.mode, isMode(edit.mode));
  if (edit.do === 'packages') {
    const wanted = edit.on;
    return rules.packages === wanted
      ? text
      : withValue(text, 'packages', wanted ? 'on' : 'off', ({ packages }) => packages === wanted);
  }
  const { host } = canonical({ host: edit.host });
  if (edit.do === 'deny') return withDenied(text, host);
  const without = withoutHost(withoutHost(text, 'allow', host), 'deny', host);
  if (
    rulesOf(without).allow.some((one) => one.host === host) ||
    rulesOf(without).deny.some((one) => one.host === host)
  ) {
    throw new EgressEditError(`egress.yaml is written in an unusual way. ${BY_HAND}.`);
  }
  return without;
}

/** The rule as one line that its reader knows again. */
export function writtenRule(rule: HostRule): string {
  const { host, ...rest } = rule;
  if (Object.keys(rest).length === 0) return JSON.stringify(host);
  const list = (values: readonly (string | number)[]): string =>
    `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
  const parts = Object.entries(rest).map(
    ([key, value]) => `${key}: ${Array.isArray(value) ? list(value) : String(value)}`,
  );
  return `{ host: ${JSON.stringify(host)}, ${parts.join(', ')} }`;
}

function withAllowed(text: string, rules: EgressRules, rule: HostRule): string {
  const forbids = rules.deny.find(
    ({ host, ports }) => meansHost(host, rule.host) || (host === rule.host && ports === undefined),
  );
  if (forbids && forbids.host !== rule.host) {
    throw new EgressEditError(
      `egress.yaml forbids it by "${forbids.host}" in \`deny\`, which comes first. Take that out by hand.`,
    );
  }
  // Whoever allows what he denied by the same name has changed his mind.
  const undenied = forbids ? withoutHost(text, 'deny', rule.host) : text;
  if (rulesOf(undenied).allow.some((one) => isSame(one, rule))) return undenied;
  return put(undenied, 'allow', rule, ({ allow }) => allow.some((one) => isSame(one, rule)));
}

function withDenied(text: string, host: string): string {
  const unallowed = withoutHost(text, 'allow', host);
  if (rulesOf(unallowed).deny.some((one) => one.host === host && one.ports === undefined)) return unallowed;
  return put(unallowed, 'deny', { host }, ({ deny }) => deny.some((one) => one.host === host));
}

function put(
  text: string,
  key: 'allow' | 'deny',
  rule: HostRule,
  isThere: (rules: EgressRules) => boolean,
): string {
  const newline = newlineOf(text);
  return changed(text, isThere, (root) => {
    if (root === null || (!root.flow && root.get(key, true) === undefined)) {
      return [atEnd(text, `${key}:${newline}  - ${writtenRule(rule)}`)];
    }
    return [intoList(text, root, key, writtenRule(rule))];
  });
}

function withValue(
  text: string,
  key: string,
  value: string,
  isThere: (rules: EgressRules) => boolean,
): string {
  return changed(text, isThere, (root) => {
    if (root === null) return [atEnd(text, `${key}: ${value}`)];
    const node = root.get(key, true);
    if (node === undefined) return [keyBeforeFirst(text, root, `${key}: ${value}`)];
    if (!isScalar(node) || !node.range) throw new UneditableYamlError(`\`${key}\` is no single word`);
    if (node.value === null) return [inPlaceOf(text, node, value)];
    return [{ at: node.range[0], end: node.range[1], text: value }];
  });
}

function withoutHost(text: string, key: 'allow' | 'deny', host: string): string {
  const hostOf = (item: unknown): unknown => {
    if (isScalar(item)) return item.value;
    return isMap(item) ? item.get('host') : null;
  };
  const isMeant = (item: unknown): boolean => {
    const written = hostOf(item);
    if (typeof written !== 'string') return false;
    const checked = checkedRule({ host: written });
    return 'rule' in checked && checked.rule.host === host;
  };
  return changed(
    text,
    (rules) => !rules[key].some((one) => one.host === host),
    (root) => outOfList(text, root?.get(key, true), isMeant),
  );
}

/** What was put in is read again as its reader will: what does not stand there afterwards was not written. */
function changed(
  text: string,
  isThere: (rules: EgressRules) => boolean,
  edits: (root: YAMLMap | null) => Edit[],
): string {
  const { contents } = readYaml(text);
  try {
    const result = applied(text, edits(isMap(contents) ? contents : null));
    const read = readRulesText(result);
    if ('rules' in read && isThere(read.rules)) return result;
  } catch (error) {
    if (!(error instanceof UneditableYamlError)) throw error;
    throw new EgressEditError(`egress.yaml is written in an unusual way: ${error.message}. ${BY_HAND}.`);
  }
  throw new EgressEditError(`egress.yaml is written in an unusual way. ${BY_HAND}.`);
}

function atEnd(text: string, lines: string): Edit {
  const newline = newlineOf(text);
  const gap = text === '' || text.endsWith('\n') ? '' : newline;
  return { at: text.length, end: text.length, text: `${gap}${lines}${newline}` };
}

function rulesOf(text: string): EgressRules {
  const read = readRulesText(text);
  if ('rules' in read) return read.rules;
  const { message, line } = read.problem;
  throw new EgressEditError(
    `egress.yaml${line === undefined ? '' : `, line ${line}`}: ${message} Mend it first.`,
  );
}

function canonical(rule: HostRule): HostRule {
  const checked = checkedRule(rule);
  if ('fault' in checked) throw new EgressEditError(`${checked.fault}.`);
  return checked.rule;
}

function isMode(mode: EgressMode): (rules: EgressRules) => boolean {
  return (rules) => rules.mode === mode;
}

function isSame(one: HostRule, other: HostRule): boolean {
  return writtenRule(one) === writtenRule(other);
}
