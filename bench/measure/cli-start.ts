import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, ms, type Row } from './row.ts';

const LAUNCHER = fileURLToPath(new URL('../../mobyclaw', import.meta.url));
const RUNS = 20;
const AIM_MS = 60;

/** `./mobyclaw --version` as the owner types it: launcher, node and all. */
export async function measureCliStart(): Promise<Row[]> {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    const { status, stderr } = spawnSync(LAUNCHER, ['--version'], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`mobyclaw --version failed: ${stderr}`);
    if (run > 0) times.push(performance.now() - start);
  }
  const p50 = median(times);
  const what = 'CLI, mobyclaw --version';
  return [{ what, gateway: ms(p50), reached: ms(p50), aim: ms(AIM_MS), ok: p50 <= AIM_MS }];
}
