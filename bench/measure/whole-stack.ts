import { setTimeout as sleep } from 'node:timers/promises';
import { mb, type Row } from './row.ts';
import type { Stage } from './stage.ts';

const AIM_MB = 150;
const IDLE_MS = 10_000;

/** What local mode takes of the machine's memory while nobody asks: the sum of its processes' proportional shares. */
export async function measureWholeStack(stage: Stage): Promise<Row[]> {
  const { stack, model } = await stage.startStack();
  await sleep(IDLE_MS);
  const memory = stack.memory();
  await stack.stop();
  await model.kill();
  const sum = [...memory.values()].reduce((total, part) => total + part, 0);
  const parts = [...memory].map(([name, part]) => `${name} ${mb(part)}`).join(', ');
  return [
    {
      what: 'whole stack, PSS, idle',
      gateway: mb(sum),
      reached: `${mb(sum)} (${parts})`,
      aim: mb(AIM_MB),
      ok: sum <= AIM_MB,
    },
  ];
}
