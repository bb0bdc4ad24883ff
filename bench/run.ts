/**
 * `npm run bench [-- names…]`: what the gateway costs, side by side with talking to the same fake agent directly. Gateway,
 * agent and load generator are processes of their own. Prints a table; a run of everything also writes RESULTS.md. The
 * names are the keys of MEASUREMENTS: `npm run bench -- channels` measures the messengers alone.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureAccepts } from './measure/accepts.ts';
import { measureChannels } from './measure/channels.ts';
import { measureCliStart } from './measure/cli-start.ts';
import { measureEgress } from './measure/egress.ts';
import { measureFirstToken } from './measure/first-token.ts';
import { measureJobs } from './measure/jobs.ts';
import { measureMemory } from './measure/memory.ts';
import { measurePage } from './measure/page.ts';
import { measureQueuedStart } from './measure/queued-start.ts';
import { measureRendering } from './measure/rendering.ts';
import { median, ms, type Row } from './measure/row.ts';
import { measureSearch } from './measure/search.ts';
import { Stage } from './measure/stage.ts';
import { measureStart } from './measure/start.ts';
import { measureTokenLag } from './measure/token-lag.ts';
import { measureWholeChain } from './measure/whole-chain.ts';
import { measureWholeStack } from './measure/whole-stack.ts';

const MEASUREMENTS: Record<string, (stage: Stage) => Promise<Row[]>> = {
  start: measureStart,
  memory: measureMemory,
  'first-token': measureFirstToken,
  'token-lag': measureTokenLag,
  accepts: measureAccepts,
  'queued-start': measureQueuedStart,
  'cli-start': measureCliStart,
  jobs: measureJobs,
  channels: measureChannels,
  rendering: measureRendering,
  search: measureSearch,
  page: measurePage,
  egress: measureEgress,
  'whole-chain': measureWholeChain,
  'whole-stack': measureWholeStack,
};
const RESULTS = new URL('RESULTS.md', import.meta.url);
const NOTES_HEADING = '## Notes';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in MEASUREMENTS));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are ${Object.keys(MEASUREMENTS).join(', ')}.`);
  process.exit(2);
}

const stage = new Stage();
const loadBefore = loadavg()[0] ?? 0;
const syncMs = measureSync(stage.folder);
const rows: Row[] = [];
try {
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.error(`measuring ${name} …`);
    rows.push(...(await measure(stage)));
  }
} finally {
  stage.close();
}
const text = `${table(rows)}\n\n${machine()}\n`;
console.log(text);
if (asked.length === 0)
  writeFileSync(RESULTS, `# What the gateway costs\n\n\`npm run bench\` wrote this.\n\n${text}\n${notes()}`);

function table(all: readonly Row[]): string {
  const lines = all.map(({ what, direct = '', gateway, reached, aim, ok }) => {
    const met = aim === '' ? '' : ok ? 'yes' : 'no';
    return `| ${[what, direct, gateway, reached, aim, met].join(' | ')} |`;
  });
  return ['| | direct | gateway | reached | aim | met |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = `${loadBefore.toFixed(1)} before the run and ${(loadavg()[0] ?? 0).toFixed(1)} at its end`;
  return (
    `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${memory} GB, ` +
    `Node ${process.version}, load average ${load}, ${ms(syncMs)} for one sync of the disk.`
  );
}

/** What one durable write costs on this disk, without any of us. */
function measureSync(folder: string): number {
  const path = join(folder, 'sync');
  const file = openSync(path, 'w');
  const times: number[] = [];
  for (let write = 0; write < 200; write++) {
    writeSync(file, Buffer.alloc(4096));
    const start = performance.now();
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  return median(times);
}

/** What people wrote below the table stays. */
function notes(): string {
  try {
    const before = readFileSync(RESULTS, 'utf8');
    const at = before.indexOf(NOTES_HEADING);
    return at === -1 ? '' : before.slice(at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
