/**
 * Headers of a run that the agent hands on to MCP servers (`${headers.X-Moby-Turn}`), so that a tool knows who asks
 * without trusting the model. Values are percent-encoded: cagent passes bytes as sent (reference §0.8). `turn` is a signed
 * capability (protocol/capability), which is all that our own servers believe; the others are for servers of the owner's.
 */
export const IDENTITY_HEADERS = {
  session: 'X-Moby-Session',
  turn: 'X-Moby-Turn',
  channel: 'X-Moby-Channel',
  sender: 'X-Moby-Sender',
} as const;

/** Header of a call of the relay: the capability of the turn that it belongs to. The relay takes it off. */
export const RELAY_CAPABILITY = 'x-mobyclaw-capability';

/** @param headers of a run, in lower case @returns the capability of its turn */
export function capabilityOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const value = headers[IDENTITY_HEADERS.turn.toLowerCase()];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Key of the agent in cagent's API: the name of `soul.yaml` without its ending. */
export const AGENT_KEY = 'soul';
