import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { Store } from '../../gateway/src/store/store.ts';
import { median, ms, type Row } from './row.ts';
import { NO_AGENT, type Stage } from './stage.ts';

const TURNS = 10_000;
const SESSIONS = 1000;
const STARTS = 5;
const AIM_MS = 1000;

/** From the spawn to the first 200 of /healthz, with 10,000 turns that wait; by then the lanes know all of them. */
export async function measureQueuedStart(stage: Stage): Promise<Row[]> {
  const home = stage.home();
  fill(home);
  const times: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const { gateway } = await stage.startGateway(NO_AGENT, {}, home);
    times.push(gateway.readyMs);
    await gateway.kill();
  }
  const p50 = median(times);
  const what = `start to ready, ${TURNS.toLocaleString('en')} queued turns`;
  return [{ what, gateway: ms(p50), reached: ms(p50), aim: ms(AIM_MS), ok: p50 <= AIM_MS }];
}

function fill(home: string): void {
  mkdirSync(join(home, 'gateway'), { mode: 0o700 });
  const store = new Store(join(home, 'gateway/gateway.db'));
  store.transaction('durable', () => {
    for (let index = 0; index < TURNS; index++) {
      const session = `api:bench-${index % SESSIONS}`;
      const said = {
        source: 'api',
        sender: 'owner',
        prompt: `prompt ${index}`,
        attachments: [],
        queueMode: null,
      };
      const id = uuidv7();
      store.sessions.touch(session, Date.now());
      const turn = store.turns.insert({ id, session, ...said, createdAt: Date.now() });
      const data = JSON.stringify({ turn: id, position: Math.floor(index / SESSIONS) });
      store.events.insert([{ turn, id: 1, type: 'queued', data }]);
    }
  });
  store.close();
}
