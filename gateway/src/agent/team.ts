/** Which agents soul.yaml defines, as the engine that runs it has read them. */
import type { Generation, ModelList } from './agent.ts';
import { httpError } from './http-error.ts';
import { asNumber, asObject, asText, type JsonObject, parseJson } from './json.ts';
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
  const { agents } = await configuration(transport, agentKey, timeoutMs);
  return Array.isArray(agents) ? agents.map((agent) => asText(asObject(agent).Name)) : [];
}

/**
 * What soul.yaml names as `provider_opts.context_size` of an agent's model. cagent before v1.60 takes the key and does nothing
 * with it, so it is read here.
 * @returns tokens; null where it names none
 * @throws AgentError where the agent gave no usable answer
 */
export async function namedWindow(
  transport: Transport,
  agentKey: string,
  timeoutMs: number,
  agentName: string,
): Promise<number | null> {
  const { agents, models } = await configuration(transport, agentKey, timeoutMs);
  const list = Array.isArray(agents) ? agents.map(asObject) : [];
  const agent = list.find(({ Name }) => Name === agentName);
  const model = asObject(asObject(models)[asText(agent?.model ?? agent?.Model)]);
  return asNumber(asObject(model.provider_opts).context_size) || null;
}

/**
 * The names under `models`, and which one an agent has. cagent takes a model for a run since the version that also changed
 * the form of the body; the embedded agent says at its entry of `GET /api/agents` that it does.
 * @throws AgentError where the agent gave no usable answer
 */
export async function modelList(
  transport: Transport,
  agentKey: string,
  timeoutMs: number,
  agentName: string,
  generation: Generation,
): Promise<ModelList> {
  const { agents, models } = await configuration(transport, agentKey, timeoutMs);
  const list = Array.isArray(agents) ? agents.map(asObject) : [];
  const agent = list.find(({ Name }) => Name === agentName);
  return {
    names: Object.keys(asObject(models)),
    own: asText(agent?.model ?? agent?.Model),
    perRun: generation === 'messages-object' || (await saysModelPerRun(transport, agentKey, timeoutMs)),
  };
}

async function saysModelPerRun(transport: Transport, agentKey: string, timeoutMs: number): Promise<boolean> {
  const { status, body } = await transport.exchange({ method: 'GET', path: '/api/agents' }, timeoutMs);
  if (status !== 200) throw httpError(status, body);
  const agents = parseJson(body);
  const own = Array.isArray(agents) ? agents.map(asObject).find(({ name }) => name === agentKey) : undefined;
  return own?.model_per_run === true;
}

async function configuration(transport: Transport, agentKey: string, timeoutMs: number): Promise<JsonObject> {
  const { status, body } = await transport.exchange(
    { method: 'GET', path: `/api/agents/${agentKey}` },
    timeoutMs,
  );
  if (status === 404) return {};
  if (status !== 200) throw httpError(status, body);
  return asObject(parseJson(body));
}
