import { median, ms, type Row } from './row.ts';
import { NO_AGENT, type Stage } from './stage.ts';

const STARTS = 10;
const AIM_MS = 250;

/** From the spawn to the first 200 of /healthz, on a data folder that was used before. */
export async function measureStart(stage: Stage): Promise<Row[]> {
  const home = stage.home();
  const times: number[] = [];
  for (let start = 0; start <= STARTS; start++) {
    const { gateway } = await stage.startGateway(NO_AGENT, {}, home);
    if (start > 0) times.push(gateway.readyMs); // the first one makes the database and V8's compile cache
    await gateway.kill();
  }
  const p50 = median(times);
  const reached = `${ms(p50)} (slowest ${ms(Math.max(...times))})`;
  return [{ what: 'start to ready', gateway: ms(p50), reached, aim: ms(AIM_MS), ok: p50 <= AIM_MS }];
}
