import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Result } from './job.ts';

const EVERY_MS = 10;

/** How late a timer is in a process that does nothing else. */
export async function idle({ forMs }: Extract<Job, { do: 'idle' }>): Promise<Result> {
  const samples: number[] = [];
  const start = performance.now();
  for (let now = start; now - start < forMs; ) {
    await sleep(EVERY_MS);
    const then = performance.now();
    samples.push(Math.max(0, then - now - EVERY_MS));
    now = then;
  }
  return { samples, accepted: 0, seconds: forMs / 1000 };
}
