/**
 * Patterns of soul.yaml's `permissions`: `tool` or `tool:argument=value[:argument=value…]`, where names and values are
 * globs and case does not count.
 */

/** Names an argument may have, before its `=`. */
const CONDITION = /:(?=[\w-]+=)/;

/** @returns the pattern of the tool's name, then those of its arguments, each `argument=value` */
export function partsOf(pattern: string): [name: string, ...conditions: string[]] {
  const [name = '', ...conditions] = pattern.split(CONDITION);
  return [name, ...conditions];
}

/** Whether the one says more exactly than the other what it means: by arguments, then by a name without globs, then by length. */
export function isMoreSpecific(one: string, other: string): boolean {
  const [a, b] = [exactness(one), exactness(other)];
  const differing = a.findIndex((value, index) => value !== b[index]);
  return differing >= 0 && (a[differing] ?? 0) > (b[differing] ?? 0);
}

function exactness(pattern: string): number[] {
  const [name, ...conditions] = partsOf(pattern);
  const letters = (text: string): number => text.replace(/[*?]/g, '').length;
  const said = conditions.reduce((sum, condition) => sum + letters(condition), 0);
  return [conditions.length, /[*?]/.test(name) ? 0 : 1, letters(name), said];
}
