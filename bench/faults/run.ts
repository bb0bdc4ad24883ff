/**
 * `npm run faults [-- names…]`: what becomes of messages when things break, measured with a real gateway, the real
 * adapters and libraries, at their normal timing, against local servers that speak the platforms' protocols. Prints the
 * table; a run of everything also writes it into docs/faults.md. Names of rows and platforms choose cells. Exits 1 where a
 * message was lost or answered twice, or a cell could not be measured.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadBaileys } from '@mobyclaw/gateway/channels/whatsapp/library';
import { BUNDLE } from '../processes/gateway-process.ts';
import { Random } from '../soak/random.ts';
import { KILLS, SCENARIOS } from './scenarios.ts';
import {
  bystandersLine,
  type Cells,
  insert,
  isBad,
  type MeasuredPlatform,
  measureCell,
  OPENERS,
  table,
  writeCell,
} from './table.ts';

const PAGE = new URL('../../docs/faults.md', import.meta.url);
const CELLS_AT_ONCE = 6; // most of a cell is waiting
const PATIENCE_MS = 150_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    program: { type: 'string', default: BUNDLE },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const allPlatforms = Object.keys(OPENERS) as MeasuredPlatform[];
const unknown = positionals.filter((name) => !(name in SCENARIOS) && !(name in OPENERS));
if (unknown.length > 0) {
  const known = [...Object.keys(SCENARIOS), ...allPlatforms].join(', ');
  console.error(`There is no ${unknown.join(', ')}; there are ${known}.`);
  process.exit(2);
}
const chosen = <T extends string>(all: readonly T[]): readonly T[] => {
  const some = all.filter((one) => positionals.includes(one));
  return some.length > 0 ? some : all;
};

await loadBaileys().catch((error: Error) => {
  console.error(`${error.message}\nFor this table: "npm ci" in gateway/optional/whatsapp.`);
  process.exit(2);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130)); // no child stays
const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-faults-'));
const loadBefore = loadavg()[0] ?? 0;
const cells: Cells = {};
let bad = 0;
const waiting = chosen(Object.keys(SCENARIOS)).flatMap((scenario) => {
  cells[scenario] = {};
  return chosen(allPlatforms).map((platform) => ({ scenario, platform }));
});
let seed = Number(values.seed);
await Promise.all(
  Array.from({ length: CELLS_AT_ONCE }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await fill(next.scenario, next.platform);
  }),
);

const text = `${table(cells)}\n\n${bystandersLine(cells)}\n\n${machine()}`;
console.log(text);
if (positionals.length === 0) writeFileSync(PAGE, insert(readFileSync(PAGE, 'utf8'), text));
if (bad === 0) rmSync(folder, { recursive: true });
else console.error(`${bad} cells are bad (seed ${values.seed}); data and logs: ${folder}`);
process.exitCode = bad === 0 ? 0 : 1;

async function fill(scenario: string, platform: MeasuredPlatform): Promise<void> {
  const row = cells[scenario] ?? {};
  const random = new Random(seed++);
  try {
    const options = { folder, program: values.program, scenario, platform, others: allPlatforms };
    const cell = await measureCell({ ...options, random, patienceMs: PATIENCE_MS });
    row[platform] = cell;
    if (cell !== 'none' && isBad(cell)) bad++;
  } catch (error) {
    bad++;
    console.error(`${scenario} on ${platform} could not be measured: ${(error as Error).message}`);
  }
  console.error(`${scenario} ${platform}: ${writeCell(row[platform])}`);
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return (
    `Measured ${date} on ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${memory} GB, Node ${process.version}, ` +
    `load average ${loadBefore.toFixed(1)}; ${KILLS} kills a cell, seed ${values.seed}.`
  );
}
