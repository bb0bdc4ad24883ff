/**
 * `npm run long-life [-- --turns 1000 --kills 1000 --seed 7]`: a long conversation with each agent in front of a model that reads no
 * more than 6,000 tokens, refusing or dropping the rest, and kills over compactions. Prints the tokens of the turns as they go on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killOverCompactions } from './kills.ts';
import { curve, live } from './life.ts';

const LIVES = [
  ['embedded', false],
  ['array', false],
  ['object', false],
  ['embedded', true],
  ['object', true],
] as const;

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [turns, kills, seed] = [Number(values.turns), Number(values.kills), Number(values.seed)];
const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-long-life-'));
let faults = 0;

console.log(`seed ${seed}`);
for (const [agent, drops] of turns > 0 ? LIVES : []) {
  const name = `${agent}${drops ? ', head dropped' : ''}`;
  const life = await live({ folder: join(folder, `${agent}-${drops}`), agent, turns, drops, seed });
  console.log(
    `\n${name}: ${life.answered} of ${turns} answered, ${life.refused} refused, ${life.known} of ${life.asked} known`,
  );
  console.log(curve(life.tokens));
  for (const wrong of life.wrong.slice(0, 5)) console.log(`  wrong: ${wrong}`);
  faults += life.wrong.length + life.refused;
}
for (const agent of kills > 0 ? (['array', 'object'] as const) : []) {
  const report = await killOverCompactions({
    folder: join(folder, `kills-${agent}`),
    agent,
    kills: Math.ceil(kills / 2),
    seed,
    onKill: (done) => {
      if (done % 50 === 0) console.log(`  ${done} kills`);
    },
  });
  const { violations, ...counts } = report;
  console.log(`\nkills, ${agent}: ${JSON.stringify(counts)}, ${violations.length} violations`);
  for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`);
  faults += violations.length;
}
if (faults === 0) rmSync(folder, { recursive: true });
else console.log(`data and logs: ${folder}`);
process.exitCode = faults === 0 ? 0 : 1;
