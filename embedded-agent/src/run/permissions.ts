/**
 * Whether a tool may run. What approves everything comes first, then the session's own rules, then soul.yaml's, then the
 * tool's word that it only reads, then a question. Within one set of rules lib/permission-rules decides.
 */
import { type PermissionRules, ruledBy } from '@mobyclaw/lib/permission-rules';
import type { Permissions, ToolDefinition } from '@mobyclaw/protocol/cagent';

export type Verdict = { decision: 'allow' | 'ask' } | { decision: 'deny'; by: string };

export interface Rules {
  toolsApproved: boolean;
  session: Permissions | null;
  soul: PermissionRules | undefined;
}

export function decide(tool: ToolDefinition, input: unknown, rules: Rules): Verdict {
  if (rules.toolsApproved) return { decision: 'allow' };
  const levels = [
    [rules.session, 'session permissions'],
    [rules.soul, 'permissions configuration'],
  ] as const;
  for (const [level, by] of levels) {
    const ruled = ruledBy(level, tool.name, input);
    if (ruled === 'deny') return { decision: 'deny', by };
    if (ruled !== null) return { decision: ruled };
  }
  return { decision: tool.annotations?.readOnlyHint ? 'allow' : 'ask' };
}
