/**
 * The rule of soul.yaml's `permissions` that means one call of a tool and nothing else, for an owner who says "always".
 * There is none where the pattern would mean more than what he saw, in any of the engines:
 * - several arguments: the owner reads one line, and what it means must be in it;
 * - characters that patterns know (`*`, `?`, `[`, `\`), and `:`, where cagent 1.32.3 cuts a value off;
 * - a short option such as `-d`: case does not count in patterns, and `git branch -D` is another command;
 * - numbers that the engines write in different ways, lists and objects, and texts too long or too odd to be read in a file.
 * Arguments that the call did not have are ruled out: a command that was seen is another one in another folder.
 */
import { matchesCall, NO_OTHERS } from './permission-pattern.ts';

const MOST_CHARS = 200; // a line that its owner still reads
const NAME = /^[A-Za-z_][\w-]*$/;
const ARGUMENT = /^\w+$/;
const SIGNS = /[*?[\]\\:]/;
const NOT_SEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
const SHORT_OPTION = /(?:^|[\s;&|('"])-[a-z]/i;
const MOST_NUMBER = 99_999; // from a million on Go writes 1e+06

/** @returns `tool:*=` or `tool:argument=value:*=`, or null where no rule is exact */
export function exactRule(tool: string, args: unknown): string | null {
  if (!NAME.test(tool) || typeof args !== 'object' || args === null || Array.isArray(args)) return null;
  const given = Object.entries(args);
  if (given.length === 0) return `${tool}${NO_OTHERS}`;
  const [only] = given;
  if (given.length > 1 || only === undefined) return null;
  const [name, value] = only;
  const text = ARGUMENT.test(name) ? plainText(value) : null;
  if (text === null) return null;
  const rule = `${tool}:${name}=${text}${NO_OTHERS}`;
  return matchesCall(rule, tool, args) ? rule : null;
}

function plainText(value: unknown): string | null {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= MOST_NUMBER ? String(value) : null;
  }
  if (typeof value !== 'string' || value === '' || value.length > MOST_CHARS || value.trim() !== value)
    return null;
  return SIGNS.test(value) || NOT_SEEN.test(value) || SHORT_OPTION.test(value) ? null : value;
}
