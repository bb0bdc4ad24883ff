/**
 * What keeps our processes small, in one place: how V8 is set before a part is loaded (scripts/build.mjs puts it into
 * `dist/<part>.js`), and what is given back once it stands. Measured by `npm run bench -- whole-stack`.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from './clock.ts';

export const V8_FLAGS: readonly string[] = [
  // A young generation that never grows spares the gateway 3 MB at rest and 25 MB under 32 streams, at no measurable cost.
  '--semi-space-growth-factor=1',
];

/**
 * For the environment of each process of ours: glibc's malloc reads it before any of our code runs, other C libraries know
 * none of it. Programs that are not ours are not given it. The images have it in `Dockerfile`.
 */
export const MALLOC_SETTINGS: Readonly<Record<string, string>> = {
  // One heap for all threads: what V8's threads free in heaps of their own stays with them, 1 MB a process.
  MALLOC_ARENA_MAX: '1',
  // Both are the defaults. Once set they stay: else a large block that is freed raises them, up to 32 and 64 MB, and from
  // then on such blocks, the code caches of a start among them, are not given back to the system.
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

const SETTLED_MS = 5_000; // whoever waited for the start has asked by then; a collection would hold his answer up

/**
 * Gives back what only the start needed: 4 MB a process. V8 collects by how much is allocated, and an idle process allocates
 * nothing. Takes some 40 ms, once. What it has compiled stays, since the first message would wait for it otherwise.
 */
export function releaseAfterStart(clock: Clock): Timer {
  return clock.after(SETTLED_MS, () => {
    setFlagsFromString('--no-flush-bytecode');
    setFlagsFromString('--expose-gc'); // for contexts that are made from here on, so it is in no global of ours
    runInNewContext('gc')({ type: 'major', flavor: 'last-resort' });
    setFlagsFromString('--no-expose-gc');
    setFlagsFromString('--flush-bytecode');
  });
}
