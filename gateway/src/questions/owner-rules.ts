/** What the owner's soul.yaml says of a call, as the memory server reads it now. */
import { ruledBy } from '@mobyclaw/lib/permission-rules';
import { soulRulesSchema } from '@mobyclaw/protocol/control';
import type { PartClient } from '../parts/part-client.ts';

const TIMEOUT_MS = 2000; // of silence; then the owner is asked, which is never wrong

/** @param memory null where there is none, or its soul.yaml is not the agent's: then nothing is known */
export function ownerRules(
  memory: PartClient | null,
): (tool: string, args: unknown) => Promise<'allow' | 'ask' | 'deny' | null> {
  return async (tool, args) => {
    if (memory === null) return null;
    const answer = await memory.request('GET', '/soul/rules', { timeoutMs: TIMEOUT_MS });
    const rules = answer?.status === 200 ? soulRulesSchema.safeParse(answer.body) : null;
    const ruled = rules?.success ? ruledBy(rules.data, tool, args) : null;
    // Of arguments that cannot be read for certain no rule can say that they are harmless.
    return ruled === 'allow' && (typeof args !== 'object' || args === null) ? null : ruled;
  };
}
