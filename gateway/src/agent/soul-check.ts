/** What the engine would refuse a soul.yaml for, before it is given it. The embedded agent alone can be asked; cagent cannot. */
import { type SoulProblem, soulProblemSchema } from '@mobyclaw/protocol/control';
import * as z from 'zod';
import { parseJson } from './json.ts';
import type { Transport } from './transport.ts';

const answerSchema = z.object({ problems: z.array(soulProblemSchema) });

/** @returns null where the engine has no such check @throws AgentError */
export async function checkSoul(
  transport: Transport,
  text: string,
  timeoutMs: number,
): Promise<SoulProblem[] | null> {
  const body = JSON.stringify({ text });
  const reply = await transport.exchange({ method: 'POST', path: '/api/soul/check', body }, timeoutMs);
  const answer = reply.status === 200 ? answerSchema.safeParse(parseJson(reply.body)) : null;
  return answer?.data?.problems ?? null;
}
