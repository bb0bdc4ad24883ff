import type { Job, Target } from '../load/job.ts';
import { more, ms, percentile, type Row } from './row.ts';
import type { Stage } from './stage.ts';

const PROMPT = 'tokens=20 interval=20ms';
const CASES = [
  { sessions: 1, rounds: 40, aimMs: 3 },
  { sessions: 8, rounds: 8, aimMs: null },
  { sessions: 32, rounds: 6, aimMs: 15 },
  { sessions: 256, rounds: 4, aimMs: null },
];

/**
 * Time to the first token, with the gateway and without, on sessions that are warm. Once as people ask, each session in
 * its own time (a pause of 0.2 to 1 s before each prompt), and once with all sessions asking in the same moment.
 */
export async function measureFirstToken(stage: Stage): Promise<Row[]> {
  const { agent, target: direct } = await stage.startAgent();
  const { gateway, target: through } = await stage.startGateway(agent.url, { MOBYCLAW_MAX_TURNS: '512' });
  const rows: Row[] = [];
  for (const pauseMs of [[200, 1000], 'at once'] as const) {
    for (const { sessions, rounds, aimMs } of CASES) {
      if (sessions === 1 && pauseMs === 'at once') continue;
      const ask = (target: Target) =>
        stage.load.run({ do: 'first-token', target, sessions, rounds, prompt: PROMPT, pauseMs } as Job);
      // Side by side: half of each before half of the other, so that a drift of the machine meets both.
      const samples = { direct: [] as number[], gateway: [] as number[] };
      for (let half = 0; half < 2; half++) {
        samples.direct.push(...(await ask(direct)).samples);
        samples.gateway.push(...(await ask(through)).samples);
      }
      rows.push(toRow(sessions, pauseMs === 'at once', samples, aimMs));
    }
  }
  await Promise.all([gateway.kill(), agent.kill()]);
  return rows;
}

function toRow(
  sessions: number,
  atOnce: boolean,
  samples: { direct: number[]; gateway: number[] },
  aimMs: number | null,
): Row {
  const added = (part: number): number =>
    percentile(samples.gateway, part) - percentile(samples.direct, part);
  const both = (of: readonly number[]): string => `${ms(percentile(of, 0.5))} / ${ms(percentile(of, 0.99))}`;
  return {
    what: `first token, ${sessions} session${sessions === 1 ? '' : 's'}${atOnce ? ' in the same moment' : ''} (p50 / p99)`,
    direct: both(samples.direct),
    gateway: both(samples.gateway),
    reached: `${more(added(0.5))} / ${more(added(0.99))}`,
    aim: aimMs === null || atOnce ? '' : more(aimMs),
    ok: aimMs === null || atOnce || added(0.5) <= aimMs,
  };
}
