/**
 * The `permissions` of a soul.yaml: what they say, and a copy of the text that allows one thing more. The YAML parser says
 * where each value stands, and characters are put in there; comments, order, quotes and line ends of all the rest stay as
 * the owner wrote them.
 */
import { isMoreSpecific, matchesCall, NO_OTHERS, partsOf } from '@mobyclaw/lib/permission-pattern';
import { readYaml, yamlMap } from '@mobyclaw/lib/yaml-text';
import type { SoulRules } from '@mobyclaw/protocol/control';
import { isMap, isScalar, isSeq, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';

interface Edit {
  at: number;
  end: number;
  text: string;
}

/** The file is not written in a way that a rule can be put into; the message says what the owner can do. */
export class UnwritableRuleError extends Error {
  override name = 'UnwritableRuleError';
}

const BY_HAND = 'Add the rule by hand';

/** @returns the three lists; empty where the file has none, or none that can be read */
export function rulesOf(text: string): SoulRules {
  const permissions = yamlMap(text)?.permissions;
  const of = (key: string): string[] => {
    const list = (permissions as Record<string, unknown> | null | undefined)?.[key];
    return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
  };
  return { allow: of('allow'), ask: of('ask'), deny: of('deny') };
}

/**
 * @param rule `tool` or `tool:argument=value`, without globs
 * @returns the text with `rule` under `allow`, and without it under `ask`, where it would go before; the same text where
 *   it stands so already
 * @throws UnwritableRuleError where it cannot be put in, or would mean nothing there
 */
export function withAllowed(text: string, rule: string): string {
  const { allow, ask, deny } = rulesOf(text);
  const same = (one: string): boolean => one.toLowerCase() === rule.toLowerCase();
  const [tool, args] = callOf(rule);
  const forbids = deny.find((one) => matchesCall(one, tool, args));
  if (forbids !== undefined) {
    throw new UnwritableRuleError(`soul.yaml forbids it by "${forbids}" in \`deny\`, which comes first.`);
  }
  const stronger = ask.find(
    (one) => !same(one) && matchesCall(one, tool, args) && !isMoreSpecific(rule, one),
  );
  if (stronger !== undefined) {
    throw new UnwritableRuleError(
      `soul.yaml asks by "${stronger}", which would go before "${rule}". Take it out of \`ask\` by hand.`,
    );
  }
  if (allow.some(same) && !ask.some(same)) return text;
  const document = readYaml(text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new UnwritableRuleError('soul.yaml has a mistake, so nothing is written into it. Mend it first.');
  }
  const edited = applied(text, edits(text, document.contents, rule, { isThere: allow.some(same), same }));
  // What was put in is read again as its reader will: a rule that does not stand there afterwards was not written.
  const after = readYaml(edited).errors.length === 0 ? rulesOf(edited) : null;
  if (!after?.allow.some(same) || after.ask.some(same)) {
    throw new UnwritableRuleError(`The permissions in soul.yaml are written in an unusual way. ${BY_HAND}.`);
  }
  return edited;
}

/** The call that a rule without globs means. */
function callOf(rule: string): [tool: string, args: Record<string, string>] {
  const [tool, ...conditions] = partsOf(rule.endsWith(NO_OTHERS) ? rule.slice(0, -NO_OTHERS.length) : rule);
  const args = conditions.map((condition) => {
    const equals = condition.indexOf('=');
    return [condition.slice(0, equals), condition.slice(equals + 1)] as const;
  });
  return [tool, Object.fromEntries(args)];
}

function edits(
  text: string,
  root: YAMLMap,
  rule: string,
  { isThere, same }: { isThere: boolean; same: (one: string) => boolean },
): Edit[] {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const written = JSON.stringify(rule); // which YAML reads as well
  const permissions = root.get('permissions', true);
  if (permissions === undefined) {
    if (root.flow) return [keyBeforeFirst(text, root, `permissions: { allow: [${written}] }`, newline)];
    const gap = text.endsWith('\n') ? '' : newline;
    const end = text.length;
    return [{ at: end, end, text: `${gap}${newline}permissions:${newline}  allow: [${written}]${newline}` }];
  }
  if (isScalar(permissions) && permissions.value === null) {
    return [inPlaceOf(text, permissions, `{ allow: [${written}] }`)];
  }
  if (!isMap(permissions)) {
    throw new UnwritableRuleError(
      `The permissions in soul.yaml are no list of keys of their own. ${BY_HAND}.`,
    );
  }
  return [
    ...(isThere ? [] : [intoList(text, permissions, written, newline)]),
    ...without(text, permissions.get('ask', true), same),
  ];
}

function intoList(text: string, permissions: YAMLMap, written: string, newline: string): Edit {
  const allow = permissions.get('allow', true);
  if (allow === undefined) {
    if (permissions.items.length === 0 && permissions.range) {
      const [at, end] = permissions.range;
      return { at, end, text: `{ allow: [${written}] }` };
    }
    return keyBeforeFirst(text, permissions, `allow: [${written}]`, newline);
  }
  if (isScalar(allow) && allow.value === null) return inPlaceOf(text, allow, `[${written}]`);
  if (!isSeq(allow) || !allow.range) {
    throw new UnwritableRuleError(`\`allow\` in soul.yaml is no list of its own. ${BY_HAND}.`);
  }
  return intoSeq(text, allow, allow.range, written, newline);
}

function intoSeq(
  text: string,
  allow: YAMLSeq,
  [start, valueEnd]: readonly [number, number, number],
  written: string,
  newline: string,
): Edit {
  const last = allow.items.at(-1);
  if (last === undefined) return { at: start, end: valueEnd, text: `[${written}]` };
  const end = endOf(last);
  if (end === null) {
    throw new UnwritableRuleError(`\`allow\` in soul.yaml holds something else than rules. ${BY_HAND}.`);
  }
  if (allow.flow) return { at: end, end, text: `, ${written}` };
  const dash = `${text.slice(lineStart(text, start), start)}- `;
  const line = text.indexOf('\n', end);
  if (line === -1) return { at: text.length, end: text.length, text: `${newline}${dash}${written}` };
  return { at: line + 1, end: line + 1, text: `${dash}${written}${newline}` };
}

/** Before the first key: the only place that is certain to belong to the map, whatever comments follow it. */
function keyBeforeFirst(text: string, map: YAMLMap, line: string, newline: string): Edit {
  const key = map.items[0]?.key;
  if (!isScalar(key) || !key.range) {
    throw new UnwritableRuleError(
      `The permissions in soul.yaml begin with something else than a key. ${BY_HAND}.`,
    );
  }
  const at = key.range[0];
  const between = map.flow ? ', ' : `${newline}${' '.repeat(at - lineStart(text, at))}`;
  return { at, end: at, text: `${line}${between}` };
}

/** The items that are the rule itself. A list that has no other becomes `[]`. */
function without(text: string, ask: unknown, same: (one: string) => boolean): Edit[] {
  if (!isSeq(ask) || !ask.range) return [];
  const isRule = (item: unknown): item is Scalar<string> =>
    isScalar(item) && typeof item.value === 'string' && same(item.value);
  if (!ask.items.some(isRule)) return [];
  if (ask.items.every(isRule)) {
    const end = endOf(ask.items.at(-1)) ?? ask.range[1];
    return [{ at: ask.range[0], end: ask.flow ? ask.range[1] : end, text: '[]' }];
  }
  return ask.items.flatMap((item, index) => {
    const own = isRule(item) ? item.range : null;
    if (!own) return [];
    if (!ask.flow) {
      const line = text.indexOf('\n', own[1]);
      // The first item of a list may stand behind its key's line; its dash is where the list begins.
      const at = index === 0 ? (ask.range?.[0] ?? own[0]) : lineStart(text, own[0]);
      const next = ask.items[index + 1];
      if (index === 0 && isScalar(next) && next.range) {
        return [{ at, end: text.lastIndexOf('-', next.range[0]), text: '' }];
      }
      return [{ at, end: line === -1 ? text.length : line + 1, text: '' }];
    }
    const next = ask.items[index + 1];
    if (isScalar(next) && next.range) return [{ at: own[0], end: next.range[0], text: '' }];
    const before = endOf(ask.items[index - 1]) ?? own[0];
    return [{ at: before, end: own[1], text: '' }];
  });
}

/** A value that is not there at all: `key:` alone. */
function inPlaceOf(text: string, node: Scalar, value: string): Edit {
  const [at = text.length, end = text.length] = node.range ?? [];
  return { at, end, text: text[at - 1] === ':' ? ` ${value}` : value };
}

function endOf(node: unknown): number | null {
  return isScalar(node) && node.range ? node.range[1] : null;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function applied(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.at - a.at)
    .reduce((result, edit) => result.slice(0, edit.at) + edit.text + result.slice(edit.end), text);
}
