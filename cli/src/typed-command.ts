/** Commands such as /usage, which the gateway answers itself, without the model. */
import { commandAnswerSchema } from '@mobyclaw/protocol/command';
import type { GatewayClient } from './gateway-client.ts';
import { GatewayError } from './gateway-error.ts';

/** Whether a text may be a command; the gateway knows which there are. */
export function mayBeCommand(text: string): boolean {
  return /^\/[a-z]{1,32}(?:\s[^\n]*)?$/.test(text.trim());
}

/** @returns what the command answers, in Markdown; null where the text is none, or the gateway is too old to know any */
export async function runCommand(
  gateway: GatewayClient,
  session: string,
  text: string,
): Promise<string | null> {
  try {
    const path = `/api/sessions/${encodeURIComponent(session)}/command`;
    const answer = await gateway.json(commandAnswerSchema, path, { method: 'POST', body: { text } });
    return answer.command === null ? null : answer.text;
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return null;
    throw error;
  }
}
