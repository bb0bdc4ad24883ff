/**
 * Whether a tool may run. What approves everything comes first, then the session's own rules, then soul.yaml's, then the
 * tool's word that it only reads, then a question. Within one set of rules `deny` comes first; of `ask` and `allow` the
 * rule counts that says more exactly what it means, and `ask` where both say as much: `allow: ["*"]` beside
 * `ask: ["shell"]` asks about the shell, `ask: ["*"]` beside `allow: ["memory_*"]` about all but the memory.
 */
import { isMoreSpecific, partsOf } from '@mobyclaw/lib/permission-pattern';
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
    const matching = (patterns: readonly string[] | null | undefined): readonly string[] =>
      (patterns ?? []).filter((pattern) => matchesCall(pattern, tool.name, input));
    const [asking, allowing] = [matching(level?.ask), matching(level?.allow)];
    if (matching(level?.deny).length > 0) return { decision: 'deny', by };
    const allowed = allowing.some((allow) => asking.every((ask) => isMoreSpecific(allow, ask)));
    if (allowed) return { decision: 'allow' };
    if (asking.length > 0) return { decision: 'ask' };
  }
  return { decision: tool.annotations?.readOnlyHint ? 'allow' : 'ask' };
}

function matchesCall(pattern: string, name: string, input: unknown): boolean {
  const [namePattern, ...conditions] = partsOf(pattern);
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
