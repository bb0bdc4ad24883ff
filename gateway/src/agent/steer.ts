/** Putting a message into the run of a session that goes on: cagent since 1.44, and the embedded agent. */

import { runBody } from './generation.ts';
import { httpError } from './http-error.ts';
import type { Transport } from './transport.ts';

/**
 * taken: the agent has it; that the model is told it, the run's own echo says. refused: no run takes it, or too many wait.
 * unable: this engine has no such thing.
 */
export type Steered = 'taken' | 'refused' | 'unable';

/** @throws AgentError where it is not known whether the agent has it */
export async function steer(
  transport: Transport,
  sessionId: string,
  { text, images = [] }: { text: string; images?: readonly { dataUrl: string }[] },
  timeoutMs: number,
): Promise<Steered> {
  const path = `/api/sessions/${encodeURIComponent(sessionId)}/steer`;
  const body = runBody('messages-object', text, images);
  const answer = await transport.exchange({ method: 'POST', path, body }, timeoutMs);
  if (answer.status === 202 || answer.status === 200) return 'taken';
  if (answer.status === 404 || answer.status === 405) return 'unable';
  if (answer.status === 409 || answer.status === 429) return 'refused';
  throw httpError(answer.status, answer.body);
}
