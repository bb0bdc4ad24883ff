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

/** Key of the agent in cagent's API: the name of `soul.yaml` without its ending. */
export const AGENT_KEY = 'soul';
