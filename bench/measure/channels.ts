/**
 * What the messengers cost: memory and delay of the event loop with all four connected, idle and with a hundred people who
 * write in the same moment. Real adapters and libraries at their normal pace, against the platforms' servers of the tests.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ChannelError } from '@mobyclaw/gateway/channels/channel-error';
import type { ChannelsView } from '@mobyclaw/protocol/channel';
import type { Platform } from '@mobyclaw/protocol/platform';
import { until } from '@mobyclaw/testkit/until';
import { type Crowd, discordCrowd, slackCrowd, telegramCrowd, whatsAppCrowd } from '../load/crowd.ts';
import type { GatewayProcess } from '../processes/gateway-process.ts';
import { mb, ms, percentile, type Row } from './row.ts';
import { NO_AGENT, type Stage } from './stage.ts';

const OPENERS: Record<Platform, (size: number) => Promise<Crowd>> = {
  telegram: telegramCrowd,
  discord: discordCrowd,
  slack: slackCrowd,
  whatsapp: whatsAppCrowd,
};
const CHATS = 100;
const TOKENS = 150;
const ANSWER_SECONDS = 4.5; // every chat is edited several times
const PROMPT = `tokens=${TOKENS} interval=${(ANSWER_SECONDS * 1000) / TOKENS}ms`;
const LAST_WORD = `word${TOKENS - 1}`;
const SETTLE_MS = 5000;
const IDLE_MS = 15_000;
const BUSY_MS = 6000; // at least so long they write
const UP_MS = 60_000;
const ANSWERED_MS = 180_000;
const QUIET_MS = 3000; // a second answer would have come
const AIM_IDLE_MB = 120;
const AIM_BUSY_MB = 150;
const AIM_IDLE_MS = 5;
const AIM_BUSY_MS = 50;
const AIM_SECONDS = 10;

export async function measureChannels(stage: Stage): Promise<Row[]> {
  const platforms = Object.keys(OPENERS) as Platform[];
  const none = await idleMemory(stage, []);
  const shares: string[] = [];
  const missing: string[] = [];
  const present: Platform[] = [];
  for (const platform of platforms) {
    const crowd = await openCrowd(platform, 1);
    if (crowd === null) {
      missing.push(platform);
      continue;
    }
    present.push(platform);
    const alone = await idleMemory(stage, [crowd]);
    shares.push(`${platform} alone +${mb(alone - none)}`);
    await crowd.close();
  }
  const crowds = (
    await Promise.all(present.map((platform) => openCrowd(platform, CHATS / present.length)))
  ).filter((crowd) => crowd !== null);
  try {
    return await together(stage, crowds, missing, `${mb(none)} without any; ${shares.join(', ')}`);
  } finally {
    await Promise.all(crowds.map((crowd) => crowd.close()));
  }
}

/** @returns null where the library of the platform is not installed */
async function openCrowd(platform: Platform, size: number): Promise<Crowd | null> {
  try {
    return await OPENERS[platform](size);
  } catch (error) {
    if (error instanceof ChannelError && error.code === 'not-installed') return null;
    throw error;
  }
}

async function idleMemory(stage: Stage, crowds: readonly Crowd[]): Promise<number> {
  const gateway = await connected(stage, NO_AGENT, crowds);
  await sleep(SETTLE_MS);
  const { rssMb } = gateway.memory();
  await gateway.kill();
  return rssMb;
}

async function connected(stage: Stage, agentUrl: string, crowds: readonly Crowd[]): Promise<GatewayProcess> {
  const home = stage.home();
  for (const crowd of crowds) crowd.prepare(home);
  const env = Object.assign({ MOBYCLAW_MAX_TURNS: String(CHATS) }, ...crowds.map((crowd) => crowd.env));
  const { gateway } = await stage.startGateway(agentUrl, env, home);
  await until(
    'the channels to be up',
    async () => {
      const { items } = JSON.parse(await gateway.get('/api/channels')) as ChannelsView;
      return items.length === crowds.length && items.every(({ state }) => state === 'up');
    },
    UP_MS,
  );
  return gateway;
}

async function together(
  stage: Stage,
  crowds: readonly Crowd[],
  missing: readonly string[],
  shares: string,
): Promise<Row[]> {
  const { agent } = await stage.startAgent();
  const gateway = await connected(stage, agent.url, crowds);
  await sleep(SETTLE_MS);
  const idleMb = gateway.memory().rssMb;
  await delayOf(gateway);
  const besideIdle = await stage.load.run({ do: 'idle', forMs: IDLE_MS });
  const idle = await delayOf(gateway);
  let busyMb = 0;
  const sampler = setInterval(() => {
    busyMb = Math.max(busyMb, gateway.memory().rssMb);
  }, 100);
  const cpuBefore = gateway.child.cpuMs();
  const [{ seconds, once }, besideBusy] = await Promise.all([
    ask(crowds),
    stage.load.run({ do: 'idle', forMs: BUSY_MS }),
  ]);
  const busy = await delayOf(gateway);
  const cpuSeconds = (gateway.child.cpuMs() - cpuBefore) / 1000;
  clearInterval(sampler);
  await Promise.all([gateway.kill(), agent.kill()]);
  const chats = crowds.length * Math.floor(CHATS / crowds.length);
  const absent = missing.length === 0 ? '' : ` (${missing.join(', ')} is not installed)`;
  const idleAs = `${crowds.length} channels idle${absent}`;
  const busyAs = `${crowds.length} channels${absent}, ${chats} chats writing at once`;
  const memory = (what: string, reached: number, aim: number, more: string): Row => {
    return {
      what,
      gateway: mb(reached),
      reached: `${mb(reached)} ${more}`,
      aim: mb(aim),
      ok: reached <= aim,
    };
  };
  return [
    memory(`resident memory, ${idleAs}`, idleMb, AIM_IDLE_MB, `(${shares})`),
    delayRow(idleAs, idle, besideIdle.samples, AIM_IDLE_MS, ''),
    memory(`resident memory, ${busyAs}`, busyMb, AIM_BUSY_MB, 'at most'),
    delayRow(busyAs, busy, besideBusy.samples, AIM_BUSY_MS, `; ${cpuSeconds.toFixed(1)} s of processor`),
    {
      what: `until the last of ${chats} chats has its answer`,
      gateway: `${seconds.toFixed(1)} s`,
      reached: `${seconds.toFixed(1)} s for ${ANSWER_SECONDS} s of text; ${once} of ${chats} answered exactly once`,
      aim: `${AIM_SECONDS} s, all once`,
      ok: seconds <= AIM_SECONDS && once === chats,
    },
  ];
}

/** @param beside how late an idle process was at the same time, which is what else the machine does */
function delayRow(what: string, delay: Delay, beside: readonly number[], aimMs: number, more: string): Row {
  const both = (p50: number, p99: number): string => `${ms(p50)} / ${ms(p99)}`;
  return {
    what: `event-loop delay, ${what} (p50 / p99; direct: an idle process)`,
    direct: both(percentile(beside, 0.5), percentile(beside, 0.99)),
    gateway: both(delay.p50, delay.p99),
    reached: `p99 ${ms(delay.p99)}, most ${ms(delay.max)}${more}`,
    aim: `p99 ${ms(aimMs)}`,
    ok: delay.p99 <= aimMs,
  };
}

async function ask(crowds: readonly Crowd[]): Promise<{ seconds: number; once: number }> {
  const size = Math.floor(CHATS / crowds.length);
  const chats = crowds.flatMap((crowd) => Array.from({ length: size }, (_, person) => ({ crowd, person })));
  const start = performance.now();
  for (const { crowd, person } of chats) crowd.write(person, `${crowd.platform}${person} ${PROMPT}`);
  const answers = ({ crowd, person }: (typeof chats)[number]): number =>
    crowd
      .shown(person)
      .filter((text) => text.includes(`${crowd.platform}${person} `) && text.trimEnd().endsWith(LAST_WORD))
      .length;
  let open = chats;
  await until(
    'all answers',
    () => {
      open = open.filter((chat) => answers(chat) === 0);
      return open.length === 0;
    },
    ANSWERED_MS,
  );
  const seconds = (performance.now() - start) / 1000;
  await sleep(QUIET_MS);
  return { seconds, once: chats.filter((chat) => answers(chat) === 1).length };
}

interface Delay {
  p50: number;
  p99: number;
  max: number;
}

/** Milliseconds, since the last time it was asked. */
async function delayOf(gateway: GatewayProcess): Promise<Delay> {
  const metrics = await gateway.get('/metrics');
  const read = (quantile: string): number =>
    Number(
      new RegExp(`^mobyclaw_event_loop_delay_seconds\\{quantile="${quantile}"\\} (\\S+)$`, 'm').exec(
        metrics,
      )?.[1],
    ) * 1000;
  return { p50: read('0.5'), p99: read('0.99'), max: read('1') };
}
