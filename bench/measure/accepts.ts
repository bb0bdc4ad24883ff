import type { Row } from './row.ts';
import { NO_AGENT, type Stage } from './stage.ts';

const CONNECTIONS = 96;
const SESSIONS = 2000;
const FOR_MS = 6000;
const AIM = 3000;

/**
 * Prompts accepted a second, each on disk before its client is told: `POST /prompt/stream` on a connection of its own,
 * until its `queued` event. The agent is away, so that nothing but accepting happens.
 */
export async function measureAccepts(stage: Stage): Promise<Row[]> {
  const env = { MOBYCLAW_QUEUE_LIMIT: '100000', MOBYCLAW_MAX_TURNS: '1' };
  const { gateway, target } = await stage.startGateway(NO_AGENT, env);
  const job = { do: 'accept', target, connections: CONNECTIONS, sessions: SESSIONS } as const;
  await stage.load.run({ ...job, forMs: 2000 });
  const { accepted, seconds } = await stage.load.run({ ...job, forMs: FOR_MS });
  await gateway.kill();
  const rate = Math.round(accepted / seconds);
  const what = `durable accepts, ${CONNECTIONS} clients`;
  return [{ what, gateway: `${rate}/s`, reached: `${rate}/s`, aim: `${AIM}/s`, ok: rate >= AIM }];
}
