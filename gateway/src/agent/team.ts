/** Which agents soul.yaml defines, as the engine that runs it has read them. */
import { httpError } from './http-error.ts';
import { asObject, asText, parseJson } from './json.ts';
import type { Transport } from './transport.ts';

/**
 * `GET /api/agents/:id` answers with the configuration, whose `agents` are a list of `{"Name": …}` (cagent-api §1.3;
 * the same in later versions). Where soul.yaml cannot be used it is a 404, and a run says why.
 * @returns their names; none where the engine could not read the file
 * @throws AgentError where the agent gave no usable answer
 */
export async function agentNames(
  transport: Transport,
  agentKey: string,
  timeoutMs: number,
): Promise<string[]> {
  const { status, body } = await transport.exchange(
    { method: 'GET', path: `/api/agents/${agentKey}` },
    timeoutMs,
  );
  if (status === 404) return [];
  if (status !== 200) throw httpError(status, body);
  const { agents } = asObject(parseJson(body));
  return Array.isArray(agents) ? agents.map((agent) => asText(asObject(agent).Name)) : [];
}
