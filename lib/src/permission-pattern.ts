/**
 * Patterns of soul.yaml's `permissions`: `tool` or `tool:argument=value[:argument=value…]`, where names and values are
 * globs (`*`, `?`, `[a-z]`, `\` before a character that means itself) and case does not count. cagent reads them so
 * (its `pkg/permissions`), and so do the embedded agent and the gateway. These two also know `:*=` at the end: the call has
 * no other arguments. cagent is not given such a rule; it asks, and the gateway lets the call pass.
 */

/** At the end of a pattern. */
export const NO_OTHERS = ':*=';

/** Names an argument may have, before its `=`. */
const CONDITION = /:(?=[\w-]+=|\*=$)/;

/** @returns the pattern of the tool's name, then those of its arguments, each `argument=value` */
export function partsOf(pattern: string): [name: string, ...conditions: string[]] {
  const [name = '', ...conditions] = pattern.split(CONDITION);
  return [name, ...conditions];
}

/** @param args arguments of the call; a value that is no text is compared as the JSON that stands for it */
export function matchesCall(pattern: string, tool: string, args: unknown): boolean {
  const [namePattern, ...conditions] = partsOf(pattern);
  if (!glob(namePattern).test(tool)) return false;
  const given = (typeof args === 'object' && args !== null ? args : {}) as Record<string, unknown>;
  const named = conditions.map((condition) => condition.slice(0, condition.indexOf('=')));
  return conditions.every((condition, index) => {
    const name = named[index] ?? '';
    const equals = name.length;
    if (name === '*') return Object.keys(given).every((key) => key !== '*' && named.includes(key));
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) return false;
    return glob(condition.slice(equals + 1)).test(typeof value === 'string' ? value : JSON.stringify(value));
  });
}

/**
 * Whether the one says more exactly than the other what it means: by arguments, then by a name without globs, then by
 * length, then by values without globs.
 */
export function isMoreSpecific(one: string, other: string): boolean {
  const [a, b] = [exactness(one), exactness(other)];
  const differing = a.findIndex((value, index) => value !== b[index]);
  return differing >= 0 && (a[differing] ?? 0) > (b[differing] ?? 0);
}

function exactness(pattern: string): number[] {
  const [name, ...conditions] = partsOf(pattern);
  const letters = (text: string): number => text.replace(/[*?]/g, '').length;
  const said = conditions.reduce((sum, condition) => sum + letters(condition), 0);
  const globless = conditions.some((condition) => /[*?[]/.test(condition)) ? 0 : 1;
  return [conditions.length, /[*?[]/.test(name) ? 0 : 1, letters(name), said, globless];
}

/** `*`, `?`, a class in brackets, an escaped character; anything else stands for itself. */
const SIGNS = /\*|\?|\[(\^?)((?:\\[\s\S]|[^\\\]])+)\]|\\([\s\S])|[\s\S]/g;

function glob(pattern: string): RegExp {
  const source = pattern.replace(
    SIGNS,
    (sign, not: string | undefined, members: string | undefined, escaped: string | undefined) => {
      if (sign === '*') return '[\\s\\S]*';
      if (sign === '?') return '[\\s\\S]';
      if (members !== undefined) return `[${not}${members.replace(/\\?([\\\][^])/g, '\\$1')}]`;
      return (escaped ?? sign).replace(/[.+*?^${}()|[\]\\/]/, '\\$&');
    },
  );
  try {
    return new RegExp(`^${source}$`, 'i');
  } catch {
    return /(?!)/; // a class such as [z-a]: cagent's pattern matches nothing then, too
  }
}
