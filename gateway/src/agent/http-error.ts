/** What a status other than 200 from the agent itself means, before any stream has begun. */
import { AgentError } from './agent-error.ts';
import { asObject, asText, parseJson } from './json.ts';
import { forPeople } from './readable.ts';

/** @param body of the answer; cagent sends `{"message"}` */
export function httpError(status: number, body: string, retryAfter?: string): AgentError {
  const said = forPeople(asText(asObject(parseJson(body)).message));
  const because = said === '' ? '' : ` It said: ${said}`;
  if (status === 401 || status === 403) {
    return new AgentError(
      'agent_auth',
      `The agent refused our token (${status}). Check MOBYCLAW_AGENT_TOKEN on both sides.`,
      { status },
    );
  }
  if (status === 409)
    return new AgentError('session_busy', 'The agent still works on this session.', { status });
  if (status === 413) {
    return new AgentError(
      'too_large',
      'The message is too large for the agent. Send less, or pictures of at most 700 KB together, in a smaller size or as JPEG; docker-agent 1.124 and later takes larger ones.',
      {
        status,
      },
    );
  }
  if (status === 422) {
    return new AgentError(
      'model_not_found',
      `The agent cannot be asked with this model (422). /model lists those there are, and /model default goes back to the one in soul.yaml.${because}`,
      { status },
    );
  }
  if (status === 400 || status === 415) {
    return new AgentError('bad_request', `The agent refused the request (${status}).${because}`, { status });
  }
  if (status === 429) {
    const seconds = Number(retryAfter);
    const retryAfterMs = seconds > 0 ? seconds * 1000 : undefined;
    return new AgentError('rate_limited', 'The agent is asked too often. Try again in a moment.', {
      status,
      retryAfterMs,
    });
  }
  if (status === 503) {
    return new AgentError('agent_unreachable', `The agent is not ready (503).${because}`, { status });
  }
  return new AgentError(
    'config',
    `The agent could not start the run (${status}). Check soul.yaml and .env.${because}`,
    {
      status,
    },
  );
}

export function sessionNotFound(status: number): AgentError {
  return new AgentError('session_not_found', 'The agent does not know this session any more.', { status });
}
