/**
 * cagent lets `allow` beat `ask`, whatever they say, so that beside `allow: ["*"]` it never asks. soul.yaml promises the
 * more exact of the two. So a rule of `allow` that would swallow one of `ask` is not given to the engine: it then asks about
 * more than the owner wants to be asked, and the gateway, which knows the owner's own rules, lets the rest pass unasked
 * (`gateway/src/turns/asking.ts`). Nor is a rule that ends in `:*=`, which only we know. What is denied the engine itself refuses, and what only reads it does not ask about.
 */
import { isMoreSpecific, NO_OTHERS, partsOf } from '@mobyclaw/lib/permission-pattern';
import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';

/** Characters of a file to put others in the place of. */
export interface Edit {
  at: number;
  end: number;
  text: string;
}

export function askedBeforeAllowed(root: YAMLMap): Edit[] {
  const rules = root.get('permissions', true);
  if (!isMap(rules)) return [];
  const asking = textsOf(rules.get('ask', true));
  const list = rules.get('allow', true);
  if (!isSeq(list) || !list.range) return [];
  const allowing = textsOf(list);
  const left = allowing.filter(
    (allow) =>
      !allow.endsWith(NO_OTHERS) && asking.every((ask) => isMoreSpecific(allow, ask) || !meet(allow, ask)),
  );
  if (left.length === allowing.length) return [];
  const last = list.items.at(-1);
  const end = list.flow || !isScalar(last) ? list.range[1] : last.range?.[1]; // a list in lines ends in the next line
  return end === undefined ? [] : [{ at: list.range[0], end, text: JSON.stringify(left) }]; // which YAML reads as well
}

/** Whether both may mean the same tool, by what stands before the first sign in their names. */
function meet(one: string, other: string): boolean {
  const [a = '', b = ''] = [one, other].map((pattern) =>
    partsOf(pattern)[0]
      .split(/[*?[\\]/, 1)[0]
      ?.toLowerCase(),
  );
  return a.startsWith(b) || b.startsWith(a);
}

function textsOf(node: unknown): string[] {
  if (!isSeq(node)) return [];
  return node.items.flatMap((item) => (isScalar(item) && typeof item.value === 'string' ? [item.value] : []));
}
