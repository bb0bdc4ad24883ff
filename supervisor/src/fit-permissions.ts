/**
 * cagent lets `allow` beat `ask`, whatever they say, so that beside `allow: ["*"]` it never asks. soul.yaml promises the
 * more exact of the two. Nobody can be asked yet, so what should be asked about is refused in any case: rules of `ask`
 * that an `allow` would swallow are given to the engine as `deny`.
 */
import { isMoreSpecific } from '@mobyclaw/lib/permission-pattern';
import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';

/** Characters of a file to put others in the place of. */
export interface Edit {
  at: number;
  end: number;
  text: string;
}

export function askedBeforeAllowed(root: YAMLMap, source: string): Edit[] {
  const rules = root.get('permissions', true);
  if (!isMap(rules)) return [];
  const allow = textsOf(rules.get('allow', true));
  const swallowed = textsOf(rules.get('ask', true)).filter((ask) =>
    allow.some((pattern) => !isMoreSpecific(pattern, ask)),
  );
  if (swallowed.length === 0) return [];
  const list = swallowed.map((pattern) => JSON.stringify(pattern)); // which YAML reads as well
  const deny = rules.get('deny', true);
  return isSeq(deny) && deny.items.length > 0
    ? inList(deny, list, source)
    : ownList(rules, deny, list, source);
}

/** Before the first item, in the list's own style. */
function inList(deny: YAMLSeq, list: readonly string[], source: string): Edit[] {
  const [first] = deny.items;
  if (!isScalar(first) || !first.range) return [];
  const at = first.range[0];
  const before = source.slice(source.lastIndexOf('\n', at - 1) + 1, at);
  const next = deny.flow ? ', ' : `\n${before}`;
  return [{ at, end: at, text: list.map((item) => item + next).join('') }];
}

/** In the place of an empty list, or before the first key. */
function ownList(rules: YAMLMap, deny: unknown, list: readonly string[], source: string): Edit[] {
  const written = `[${list.join(', ')}]`;
  if (deny !== undefined) {
    const range = isSeq(deny) || isScalar(deny) ? deny.range : null;
    return range ? [{ at: range[0], end: range[1], text: isSeq(deny) ? written : ` ${written}` }] : [];
  }
  const first = rules.items[0]?.key;
  if (!isScalar(first) || !first.range) return [];
  const at = first.range[0];
  const column = at - (source.lastIndexOf('\n', at - 1) + 1);
  return [{ at, end: at, text: `deny: ${written}${rules.flow ? ', ' : `\n${' '.repeat(column)}`}` }];
}

function textsOf(node: unknown): string[] {
  if (!isSeq(node)) return [];
  return node.items.flatMap((item) => (isScalar(item) && typeof item.value === 'string' ? [item.value] : []));
}
