import type { Job, Target } from '../load/job.ts';
import { more, ms, percentile, type Row } from './row.ts';
import type { Stage } from './stage.ts';

const CASES = [
  { sessions: 1, rounds: 20, aimMs: null },
  { sessions: 32, rounds: 3, aimMs: 40 },
];
const TURNS = 3; // of one and the other, so that a drift of the machine meets both

/**
 * Time to the first token of a model behind all of Moby (gateway, embedded agent with the tools of a new home, memory),
 * and of that model alone. All sessions ask in the same moment.
 */
export async function measureWholeChain(stage: Stage): Promise<Row[]> {
  const { stack, model, direct, through } = await stage.startStack();
  const rows: Row[] = [];
  for (const { sessions, rounds, aimMs } of CASES) {
    const ask = async (target: Target): Promise<number[]> => {
      const job: Job = { do: 'first-token', target, sessions, rounds, prompt: 'Hello', pauseMs: 'at once' };
      return (await stage.load.run(job)).samples;
    };
    const samples = { direct: [] as number[], whole: [] as number[] };
    for (let turn = 0; turn < TURNS; turn++) {
      samples.direct.push(...(await ask(direct)));
      samples.whole.push(...(await ask(through)));
    }
    rows.push(toRow(sessions, samples, aimMs));
  }
  await stack.stop();
  await model.kill();
  return rows;
}

function toRow(
  sessions: number,
  { direct, whole }: { direct: number[]; whole: number[] },
  aimMs: number | null,
): Row {
  const added = (part: number): number => percentile(whole, part) - percentile(direct, part);
  const both = (of: readonly number[]): string => `${ms(percentile(of, 0.5))} / ${ms(percentile(of, 0.99))}`;
  return {
    what: `whole chain, first token, ${sessions === 1 ? '1 session' : `${sessions} sessions in the same moment`} (p50 / p99)`,
    direct: both(direct),
    gateway: both(whole),
    reached: `${more(added(0.5))} / ${more(added(0.99))}`,
    aim: aimMs === null ? '' : more(aimMs),
    ok: aimMs === null || added(0.5) <= aimMs,
  };
}
