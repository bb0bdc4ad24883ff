/**
 * Nothing lost, nothing twice: the short kill test. `npm run soak` is the long one. A failure prints the seed, with which
 * MOBYCLAW_KILL_SEED makes the same choices again, and the story of each turn.
 */
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { SOURCE } from '../bench/processes/gateway-process.ts';
import { runKillTest } from '../bench/soak/kill-test.ts';

const KILLS = 16; // in front of each generation of the agent
const LIMIT_MS = 60_000; // on a machine that is busy with other things there are fewer

test.each(['array', 'object'] as const)(
  'gateway and agent are killed at any moment: every prompt is answered once (%s)',
  { timeout: 300_000 },
  async (generation) => {
    const seed = Number(process.env.MOBYCLAW_KILL_SEED ?? Date.now() % 1_000_000);
    const report = await runKillTest({
      seed,
      kills: KILLS,
      generation,
      folder: temporaryFolder(),
      program: SOURCE,
      limitMs: LIMIT_MS,
    });
    const { violations, ...counts } = report;
    console.log(JSON.stringify(counts));
    expect(violations.slice(0, 5).join('\n\n'), `seed ${seed}`).toBe('');
    expect(report.done + (report.failed.attempts_exhausted ?? 0)).toBe(report.prompts);
    expect(report.kills).toBeGreaterThan(0);
  },
);
