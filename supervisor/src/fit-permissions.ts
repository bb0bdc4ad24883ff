/**
 * cagent lets `allow` beat `ask`, whatever they say, so that beside `allow: ["*"]` it never asks. soul.yaml promises the
 * more exact of the two. So the rules of `allow` that would swallow one of `ask` are taken from the engine, which then asks
 * about more than it should; the gateway knows the owner's lists and asks him only where they say so. `deny` stays with the
 * engine, which is sure of it.
 */
import { isMoreSpecific } from '@mobyclaw/lib/permission-pattern';
import { isMap, isScalar, isSeq, type Scalar, type YAMLMap } from 'yaml';

/** Characters of a file to put others in the place of. */
export interface Edit {
  at: number;
  end: number;
  text: string;
}

/** A pattern that no tool's name is: the list keeps its form. */
const NOTHING = '""';

export function askedBeforeAllowed(root: YAMLMap): Edit[] {
  const rules = root.get('permissions', true);
  if (!isMap(rules)) return [];
  const asked = textsOf(rules.get('ask', true)).map(({ value }) => value);
  return textsOf(rules.get('allow', true)).flatMap(({ value, range }) =>
    range && asked.some((ask) => !isMoreSpecific(value, ask))
      ? [{ at: range[0], end: range[1], text: NOTHING }]
      : [],
  );
}

function textsOf(node: unknown): Scalar<string>[] {
  if (!isSeq(node)) return [];
  return node.items.filter(
    (item): item is Scalar<string> => isScalar(item) && typeof item.value === 'string',
  );
}
