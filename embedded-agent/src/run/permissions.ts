/**
 * Whether a tool may run: the order is cagent's. What approves everything comes first, then the session's own rules,
 * then soul.yaml's (deny before allow before ask), then the tool's word that it only reads, then a question.
 */
import type { Permissions, ToolDefinition } from '@mobyclaw/protocol/cagent';

export type Verdict = { decision: 'allow' | 'ask' } | { decision: 'deny'; by: string };

export interface Rules {
  toolsApproved: boolean;
  session: Permissions | null;
  soul:
    | {
        allow?: string[] | null | undefined;
        ask?: string[] | null | undefined;
        deny?: string[] | null | undefined;
      }
    | undefined;
}

export function decide(tool: ToolDefinition, input: unknown, rules: Rules): Verdict {
  if (rules.toolsApproved) return { decision: 'allow' };
  const levels = [
    [rules.session, 'session permissions'],
    [rules.soul, 'permissions configuration'],
  ] as const;
  for (const [level, by] of levels) {
    const matches = (patterns: readonly string[] | null | undefined): boolean =>
      (patterns ?? []).some((pattern) => matchesCall(pattern, tool.name, input));
    if (matches(level?.deny)) return { decision: 'deny', by };
    if (matches(level?.allow)) return { decision: 'allow' };
    if (matches(level?.ask)) return { decision: 'ask' };
  }
  return { decision: tool.annotations?.readOnlyHint ? 'allow' : 'ask' };
}

/** A pattern is `tool` or `tool:argument=value[:argument=value…]`; names and values are globs, case does not count. */
function matchesCall(pattern: string, name: string, input: unknown): boolean {
  const [namePattern = '', ...conditions] = pattern.split(/:(?=[\w-]+=)/);
  if (!glob(namePattern).test(name)) return false;
  const args = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  return conditions.every((condition) => {
    const equals = condition.indexOf('=');
    const value = args[condition.slice(0, equals)];
    if (value === undefined) return false;
    return glob(condition.slice(equals + 1)).test(typeof value === 'string' ? value : JSON.stringify(value));
  });
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]');
  return new RegExp(`^${source}$`, 'i');
}
