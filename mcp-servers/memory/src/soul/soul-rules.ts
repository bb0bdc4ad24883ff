/**
 * The `permissions` of a soul.yaml: what they say, and a copy of the text that allows one thing more, in which all the rest
 * stays as the owner wrote it.
 */
import { isMoreSpecific, matchesCall, NO_OTHERS, partsOf } from '@mobyclaw/lib/permission-pattern';
import {
  applied,
  type Edit,
  inPlaceOf,
  intoList,
  keyBeforeFirst,
  newlineOf,
  outOfList,
  UneditableYamlError,
} from '@mobyclaw/lib/yaml-list';
import { readYaml, yamlMap } from '@mobyclaw/lib/yaml-text';
import type { SoulRules } from '@mobyclaw/protocol/control';
import { isMap, isScalar, type YAMLMap } from 'yaml';

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
  const edited = changedText(text, document.contents, rule, { isThere: allow.some(same), same });
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

function changedText(
  text: string,
  root: YAMLMap,
  rule: string,
  how: { isThere: boolean; same: (one: string) => boolean },
): string {
  try {
    return applied(text, edits(text, root, rule, how));
  } catch (error) {
    if (!(error instanceof UneditableYamlError)) throw error;
    throw new UnwritableRuleError(`The permissions in soul.yaml are unusual: ${error.message}. ${BY_HAND}.`);
  }
}

function edits(
  text: string,
  root: YAMLMap,
  rule: string,
  { isThere, same }: { isThere: boolean; same: (one: string) => boolean },
): Edit[] {
  const newline = newlineOf(text);
  const written = JSON.stringify(rule); // which YAML reads as well
  const permissions = root.get('permissions', true);
  if (permissions === undefined) {
    if (root.flow) return [keyBeforeFirst(text, root, `permissions: { allow: [${written}] }`)];
    const gap = text.endsWith('\n') ? '' : newline;
    const end = text.length;
    return [{ at: end, end, text: `${gap}${newline}permissions:${newline}  allow: [${written}]${newline}` }];
  }
  if (isScalar(permissions) && permissions.value === null) {
    return [inPlaceOf(text, permissions, `{ allow: [${written}] }`)];
  }
  if (!isMap(permissions)) throw new UneditableYamlError('they are no list of keys of their own');
  const isRule = (item: unknown): boolean =>
    isScalar(item) && typeof item.value === 'string' && same(item.value);
  return [
    ...(isThere ? [] : [intoList(text, permissions, 'allow', written)]),
    ...outOfList(text, permissions.get('ask', true), isRule),
  ];
}
