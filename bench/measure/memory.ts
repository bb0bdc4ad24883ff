import { setTimeout as sleep } from 'node:timers/promises';
import { mb, type Row } from './row.ts';
import type { Stage } from './stage.ts';

const AIM_MB = 80;
const IDLE_MS = 5000;
const STREAMS = 32;

/** Resident memory of the gateway's process: some seconds after its start, and the most of it under 32 streams. */
export async function measureMemory(stage: Stage): Promise<Row[]> {
  const { agent } = await stage.startAgent();
  const { gateway, target } = await stage.startGateway(agent.url, { MOBYCLAW_MAX_TURNS: '64' });
  await sleep(IDLE_MS);
  const idle = gateway.memory();
  let busy = idle;
  const sampler = setInterval(() => {
    const now = gateway.memory();
    if (now.rssMb > busy.rssMb) busy = now;
  }, 100);
  const prompt = 'tokens=500 interval=20ms';
  await stage.load.run({
    do: 'first-token',
    target,
    sessions: STREAMS,
    rounds: 1,
    prompt,
    pauseMs: [0, 500],
  });
  clearInterval(sampler);
  await Promise.all([gateway.kill(), agent.kill()]);
  return [idle, busy].map(({ rssMb, anonMb }, index) => ({
    what: index === 0 ? 'resident memory, idle' : `resident memory, ${STREAMS} streams`,
    gateway: mb(rssMb),
    reached: `${mb(rssMb)} (its own ${mb(anonMb)}, the rest is node's program file)`,
    aim: mb(AIM_MB),
    ok: rssMb <= AIM_MB,
  }));
}
