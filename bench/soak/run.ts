/**
 * `npm run soak [-- --kills 320 --seed 7 --questions]`: the long kill test, against both generations of the agent; with
 * --questions all kills strike around questions to the owner. Prints the seed
 * and the count; exits 1 with the story of each turn that was lost, doubled or wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BUNDLE } from '../processes/gateway-process.ts';
import { type Report, runKillTest } from './kill-test.ts';

const MOST_STORIES = 10;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '320' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    program: { type: 'string', default: BUNDLE },
    questions: { type: 'boolean', default: false },
  },
});
const kills = Math.ceil(Number(values.kills) / 2);
const seed = Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-soak-'));
console.log(`seed ${seed}: ${kills} kills in front of each generation of the agent`);

let violations = 0;
let total = 0;
for (const [index, generation] of (['array', 'object'] as const).entries()) {
  const report = await runKillTest({
    seed: seed + 1000 * index,
    kills,
    generation,
    folder: join(folder, generation),
    program: values.program,
    aroundQuestions: values.questions,
    onKill: (done, prompts) => {
      if (done % 20 === 0) console.log(`  ${done} kills, ${prompts} prompts`);
    },
  });
  print(generation, report);
  violations += report.violations.length;
  total += report.kills;
}
console.log(`${total} kills, ${violations} violations (seed ${seed})`);
if (violations === 0) rmSync(folder, { recursive: true });
else console.log(`data, logs and accounts: ${folder}`);
process.exitCode = violations === 0 ? 0 : 1;

function print(generation: string, { violations: stories, ...report }: Report): void {
  console.log(`${generation}: ${JSON.stringify(report)}`);
  for (const story of stories.slice(0, MOST_STORIES)) console.log(`\n${story}`);
  if (stories.length > MOST_STORIES) console.log(`… and ${stories.length - MOST_STORIES} more`);
}
