/** How Moby is: the parts, the agent, what is under way, what it has cost. Exits 0 only where he can answer. */

import { existsSync } from 'node:fs';
import { capsText, totalsText } from '@mobyclaw/lib/usage-text';
import { type ChannelStatusView, channelStatusSchema } from '@mobyclaw/protocol/channel';
import { jobViewSchema } from '@mobyclaw/protocol/job';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { type Status, statusSchema } from '@mobyclaw/protocol/status';
import { type UsageReport, usageReportSchema } from '@mobyclaw/protocol/usage';
import { byteSize } from '../byte-size.ts';
import { CliError, EXIT, type ExitCode, NotRunningError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import { isUp, type Service } from '../compose/service.ts';
import type { Context } from '../context.ts';
import { contextText } from '../context-text.ts';
import { type DiskUse, diskUse, LARGE_SESSIONS_BYTES } from '../disk-use.ts';
import { wayOut } from '../egress/way-out.ts';
import { embeddingsText } from '../embeddings-text.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { heartbeatText } from '../heartbeat/beat-text.ts';
import { readLocalState } from '../local/local-state.ts';
import { runningStack } from '../running-stack.ts';
import { cell, columnsOf, print, printable, printJson, say, styled, table } from '../terminal.ts';
import { ago, localDay, localTime } from '../time.ts';
import { unfinishedUpgrade } from '../upgrade/finish.ts';

const NEXT_JOBS = 3;

interface Options {
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await status(context, options)));
};

interface Report {
  mode: 'compose' | 'local' | null;
  local: LocalState | null;
  /** Containers; null in local mode. */
  services: Service[] | null;
  channels: ChannelStatusView[];
  /** The next ones, the soonest first. */
  jobs: { name: string; nextRun: string }[];
  disk: DiskUse;
  gateway: Status | null;
  usage: UsageReport | null;
  problem: string | null;
}

async function status(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const report = await collect(context);
  if (json) printJson(terminal, report);
  else {
    print(terminal, table(rows(context, report), columnsOf(terminal)));
    if (report.problem) say(terminal, report.problem);
  }
  return report.gateway?.state === 'ready' ? EXIT.ok : EXIT.failure;
}

/** @throws NotRunningError where neither a background process, nor a container, nor a gateway is there */
async function collect(context: Context): Promise<Report> {
  const { data } = context;
  const running = runningStack(data);
  const local = running?.mode === 'local' ? readLocalState(data) : null;
  const base = {
    mode: running?.mode ?? null,
    local,
    services: running?.mode === 'compose' ? await services(context) : null,
    disk: await diskUse(data.root),
  };
  const empty = { gateway: null, usage: null, channels: [], jobs: [] };
  try {
    const answer = await context.withGateway(askGateway);
    const { soul, agent } = answer.gateway;
    const problem =
      soul.problem ??
      agent.detail ??
      agent.toolProblems?.join('\n') ??
      local?.problem ??
      unfinishedUpgrade(context) ??
      (await soulAdvice(data.soul));
    return { ...base, ...answer, problem };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const unfinished = unfinishedUpgrade(context);
    if (running === null && error instanceof NotRunningError) {
      throw unfinished === null
        ? error
        : new CliError(`Moby is not running. ${unfinished}`, { cause: error });
    }
    return { ...base, ...empty, problem: unfinished ?? local?.problem ?? error.message };
  }
}

/** Of a file that is in force and keeps Moby from his tools all the same. */
async function soulAdvice(path: string): Promise<string | null> {
  const { checkSoul } = await import('../soul-check.ts');
  if (!existsSync(path)) return null;
  const { status, detail, remedy } = await checkSoul(path);
  return status === 'warn' ? `soul.yaml ${detail}. ${remedy ?? ''}` : null;
}

async function askGateway(
  client: GatewayClient,
): Promise<Pick<Report, 'usage' | 'channels' | 'jobs'> & { gateway: Status }> {
  const [gateway, usage, channels, jobs] = await Promise.all([
    client.json(statusSchema, '/api/status'),
    client.json(usageReportSchema, '/api/usage'),
    client.list(channelStatusSchema, '/api/channels'),
    client.list(jobViewSchema, '/api/jobs'),
  ]);
  const next = jobs.flatMap(({ name, nextRun }) => (nextRun === undefined ? [] : [{ name, nextRun }]));
  next.sort((a, b) => a.nextRun.localeCompare(b.nextRun));
  return { gateway, usage, channels, jobs: next.slice(0, NEXT_JOBS) };
}

async function services(context: Context): Promise<Service[]> {
  const { ComposeProject } = await import('../compose/project.ts');
  try {
    return await new ComposeProject(context).services();
  } catch (error) {
    if (error instanceof CliError) return []; // Docker itself does not answer; the gateway then does not either
    throw error;
  }
}

function rows(
  { terminal, settings, clock, port, data }: Context,
  { mode, local, services, gateway, usage, channels, jobs, disk }: Report,
): string[][] {
  const colour = (ok: boolean, text: string): string =>
    styled(terminal, 'stdout', ok ? 'green' : 'red', text);
  const lines: string[][] = [];
  if (gateway) {
    const { agent, turns } = gateway;
    const engine = [agent.engine, agent.version].filter(Boolean).join(' ');
    lines.push([
      'Moby',
      `${colour(gateway.state === 'ready', gateway.state)}, version ${gateway.version}, since ${ago(clock.now() - Date.parse(gateway.startedAt))}`,
    ]);
    lines.push([
      'agent',
      `${engine}, model ${agent.model ?? 'from soul.yaml'}${agent.reachable ? '' : colour(false, ', not reachable')}`,
    ]);
    lines.push(['soul.yaml', gateway.soul.state.replace('-', ' ')]);
    const out = wayOut(data);
    lines.push(['way out', colour(out.isGood, out.text)]);
    lines.push([
      'turns',
      `${turns.running} running, ${turns.queued} waiting (at most ${turns.limit} at a time)`,
    ]);
    const waiting = gateway.questions?.open ?? 0;
    if (waiting > 0) lines.push(['questions', colour(false, `${waiting} for you: ./mobyclaw questions`)]);
    lines.push(['sessions', String(gateway.sessions)]);
    const { fullest } = gateway;
    if (fullest) lines.push(['fullest', `${fullest.session}, ${contextText(fullest)}`]);
    const { embeddings } = gateway;
    if (embeddings) lines.push(['meaning', embeddingsText(embeddings, (bad) => colour(false, bad))]);
    const { compactions } = gateway;
    if (compactions) {
      const { failed, session, reason, nextAt } = compactions;
      const when = localTime(nextAt, settings.values.MOBYCLAW_TZ);
      const text = `${failed} could not be made shorter; ${session}: ${cell(reason, 300)} Tried again ${when}.`;
      lines.push(['long talks', colour(false, text)]);
    }
    const { heartbeat, ownerChannel } = gateway;
    if (heartbeat) {
      const text = heartbeatText(heartbeat, clock.now(), settings.values.MOBYCLAW_TZ);
      lines.push(['heartbeat', colour(heartbeat.failures === 0, text)]);
    }
    if (ownerChannel) {
      const { channel, problem } = ownerChannel;
      const text = problem === undefined ? channel : `${channel}: ${cell(problem, 300)}`;
      lines.push(['owner channel', colour(problem === undefined, text)]);
    }
  } else {
    lines.push(['Moby', colour(false, local?.state ?? 'not answering')]);
  }
  if (usage) {
    lines.push([
      'usage',
      `${totalsText(usage.totals)} (since ${localDay(Date.parse(usage.since), settings.values.MOBYCLAW_TZ)})`,
    ]);
    if (usage.budget) lines.push(['budget', budgetText(usage.budget)]);
    if (usage.budget?.why) lines.push(['', colour(false, cell(usage.budget.why, 400))]);
  }
  for (const part of local?.parts ?? []) {
    const restarts = part.restarts > 0 ? `, ${part.restarts} restarts` : '';
    const pid = part.pid === null ? '' : `, pid ${part.pid}`;
    lines.push([part.name, `${colour(part.state === 'ready', part.state)}${pid}${restarts}`]);
  }
  for (const service of services ?? []) {
    lines.push([service.name, `${colour(isUp(service), service.state)}, ${service.status}`]);
  }
  for (const { channel, state, reason, waiting } of channels) {
    const queued = waiting > 0 ? `, ${waiting} to be sent` : '';
    lines.push([
      channel,
      `${colour(state === 'up', state)}${queued}${reason ? `: ${printable(reason)}` : ''}`,
    ]);
  }
  for (const [index, { name, nextRun }] of jobs.entries()) {
    const when = localTime(nextRun, settings.values.MOBYCLAW_TZ);
    lines.push([index === 0 ? 'next jobs' : '', `${when}  ${printable(name)}`]);
  }
  if (mode !== null) lines.push(['mode', mode === 'compose' ? 'containers' : 'local']);
  if (local?.sandbox) {
    const closed = local.sandbox.state === 'on';
    lines.push([
      'his shell',
      colour(closed, closed ? 'behind walls' : 'yours, without walls: ./mobyclaw doctor'),
    ]);
  }
  lines.push(['API', `http://127.0.0.1:${port}`]);
  const atLeast = disk.more ? 'more than ' : '';
  lines.push([
    'data',
    `${settings.values.MOBYCLAW_HOME}, ${atLeast}${byteSize(disk.bytes)}, ${byteSize(disk.freeBytes)} free`,
  ]);
  if (disk.more || disk.sessionsBytes > LARGE_SESSIONS_BYTES)
    lines.push([
      '',
      colour(false, `sessions/, where Moby keeps what he makes: ${atLeast}${byteSize(disk.sessionsBytes)}`),
    ]);
  return lines;
}

function budgetText({ day, month, lifted }: NonNullable<UsageReport['budget']>): string {
  const [today, thisMonth] = [capsText(day), capsText(month)];
  const parts = [
    ...(today === null ? [] : [`today ${today}`]),
    ...(thisMonth === null ? [] : [`this month ${thisMonth}`]),
    ...(lifted ? ['lifted for the rest of the day'] : []),
  ];
  return parts.join('; ');
}
