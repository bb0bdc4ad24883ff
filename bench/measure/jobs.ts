import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDefinition } from '@mobyclaw/gateway/store/job-rows';
import { Store } from '@mobyclaw/gateway/store/store';
import { mb, median, ms, percentile, type Row } from './row.ts';
import { NO_AGENT, type Stage } from './stage.ts';

const JOBS = 10_000;
const PERIOD_MS = 100_000; // each job once in it: 100 firings a second
const FIRING_MS = 30_000;
const STARTS = 5;
const AIM_JITTER_MS = 50;
const AIM_START_MS = 25; // on top of a start without jobs: nobody would notice
const AIM_MEMORY_MB = 25; // Temporal, node-cron and the working heap; none of it is loaded without schedules

/** Ten thousand schedules: what they cost at the start and in memory, and how late they fire. */
export async function measureJobs(stage: Stage): Promise<Row[]> {
  const home = stage.home();
  const without = await starts(stage, home);
  const begin = Date.now() + 60_000;
  fill(home, begin);
  const withJobs = await starts(stage, home);
  const { gateway } = await stage.startGateway(NO_AGENT, {}, home);
  await sleep(Math.max(0, begin - Date.now()));
  await sleep(FIRING_MS);
  const { rssMb } = gateway.memory();
  await gateway.kill();
  const late = lateness(home);
  const p99 = percentile(late, 0.99);
  const more = withJobs.readyMs - without.readyMs;
  const memory = rssMb - without.rssMb;
  const label = `${JOBS.toLocaleString('en')} schedules`;
  return [
    {
      what: `${label}, firing 100 a second`,
      gateway: ms(p99),
      reached: `p99 ${ms(p99)} late (median ${ms(median(late))}, most ${ms(Math.max(...late))}, ${late.length} runs)`,
      aim: ms(AIM_JITTER_MS),
      ok: late.length > 0 && p99 <= AIM_JITTER_MS,
    },
    {
      what: `${label}, start to ready`,
      gateway: ms(withJobs.readyMs),
      reached: `${ms(more)} more than without`,
      aim: ms(AIM_START_MS),
      ok: more <= AIM_START_MS,
    },
    {
      what: `${label}, resident memory while firing`,
      gateway: mb(rssMb),
      reached: `${mb(memory)} more than idle without`,
      aim: mb(AIM_MEMORY_MB),
      ok: memory <= AIM_MEMORY_MB,
    },
  ];
}

async function starts(stage: Stage, home: string): Promise<{ readyMs: number; rssMb: number }> {
  const times: number[] = [];
  let rssMb = 0;
  for (let start = 0; start <= STARTS; start++) {
    const { gateway } = await stage.startGateway(NO_AGENT, {}, home);
    if (start > 0) times.push(gateway.readyMs); // the first one makes the database and V8's compile cache
    if (start === STARTS) {
      await sleep(2000);
      rssMb = gateway.memory().rssMb;
    }
    await gateway.kill();
  }
  return { readyMs: median(times), rssMb };
}

function fill(home: string, begin: number): void {
  const store = new Store(join(home, 'gateway/gateway.db'));
  store.transaction('durable', () => {
    for (let index = 0; index < JOBS; index++) {
      const anchor = begin + Math.floor((index * PERIOD_MS) / JOBS);
      const definition: JobDefinition = {
        name: `job ${index}`,
        schedule: { kind: 'every', everyMs: PERIOD_MS, anchor, text: `${PERIOD_MS / 1000}s` },
        timeZone: 'Europe/Berlin',
        message: 'Now.',
        prompt: null,
        channel: `api:bench-${index % 100}`,
        origin: null,
        session: 'keep',
        misfire: 'once',
        maxAge: null,
        overlap: 'skip',
        until: null,
        count: null,
        retries: 0,
      };
      store.jobs.insert(`job-${index}`, definition, true, anchor, Date.now());
    }
  });
  store.close();
}

function lateness(home: string): number[] {
  const store = new Store(join(home, 'gateway/gateway.db'));
  const runs = Array.from({ length: JOBS }, (_, index) => store.jobRuns.history(`job-${index}`, 5)).flat();
  store.close();
  return runs.flatMap(({ startedAt, slot }) => (startedAt === null ? [] : startedAt - slot));
}
