/**
 * Which of soul.yaml's three lists decides about a call. `deny` comes first; of `ask` and `allow` the rule counts that says
 * more exactly what it means, and `ask` where both say as much: `allow: ["*"]` beside `ask: ["shell"]` asks about the
 * shell, `ask: ["*"]` beside `allow: ["memory_*"]` about all but the memory.
 */
import { isMoreSpecific, matchesCall } from './permission-pattern.ts';

export interface PermissionRules {
  allow?: readonly string[] | null | undefined;
  ask?: readonly string[] | null | undefined;
  deny?: readonly string[] | null | undefined;
}

/** @returns null where no rule says anything about the call */
export function ruledBy(
  rules: PermissionRules | null | undefined,
  tool: string,
  args: unknown,
): 'allow' | 'ask' | 'deny' | null {
  const matching = (patterns: readonly string[] | null | undefined): readonly string[] =>
    (patterns ?? []).filter((pattern) => matchesCall(pattern, tool, args));
  if (matching(rules?.deny).length > 0) return 'deny';
  const [asking, allowing] = [matching(rules?.ask), matching(rules?.allow)];
  const allowed = allowing.some((allow) => asking.every((ask) => isMoreSpecific(allow, ask)));
  if (allowed) return 'allow';
  return asking.length > 0 ? 'ask' : null;
}
