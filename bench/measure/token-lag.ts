import { ms, percentile, type Row } from './row.ts';
import type { Stage } from './stage.ts';

const STREAMS = 256;
const PROMPT = 'tokens=500 interval=20ms stamp';
const AIM_RATIO = 1.3;
const ROUNDS = 2;

/** From the moment the agent sends a token to the moment the client has it, at 256 streams of 50 tokens a second. */
export async function measureTokenLag(stage: Stage): Promise<Row[]> {
  const { agent, target: direct } = await stage.startAgent();
  const { gateway, target: through } = await stage.startGateway(agent.url, { MOBYCLAW_MAX_TURNS: '512' });
  const samples = { direct: [] as number[], gateway: [] as number[] };
  let cpuMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const job = { do: 'token-lag', streams: STREAMS, prompt: PROMPT, warmUpMs: 1000 } as const;
    for (const sample of (await stage.load.run({ ...job, target: direct })).samples)
      samples.direct.push(sample);
    const before = gateway.child.cpuMs();
    for (const sample of (await stage.load.run({ ...job, target: through })).samples)
      samples.gateway.push(sample);
    cpuMs += gateway.child.cpuMs() - before;
  }
  await Promise.all([gateway.kill(), agent.kill()]);
  const [of, by] = [percentile(samples.gateway, 0.99), percentile(samples.direct, 0.99)];
  const microseconds = (cpuMs * 1000) / (ROUNDS * STREAMS * 500);
  const both = (all: readonly number[]): string =>
    `${ms(percentile(all, 0.5))} / ${ms(percentile(all, 0.99))}`;
  return [
    {
      what: `token lag, ${STREAMS} streams of 50 tokens/s (p50 / p99)`,
      direct: both(samples.direct),
      gateway: both(samples.gateway),
      reached: `p99 × ${(of / by).toFixed(2)} (${microseconds.toFixed(0)} µs of processor a token)`,
      aim: `× ${AIM_RATIO}`,
      ok: of / by <= AIM_RATIO,
    },
  ];
}
