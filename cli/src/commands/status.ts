/** How Moby is: the parts, the agent, what is under way, what it has cost. Exits 0 only where he can answer. */
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { type Status, statusSchema } from '@mobyclaw/protocol/status';
import { type UsageReport, usageReportSchema } from '@mobyclaw/protocol/usage';
import { CliError, EXIT, type ExitCode, NotRunningError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { isAlive, readLocalState } from '../local/local-state.ts';
import type { Define } from '../program.ts';
import { print, printJson, say, styled, table } from '../terminal.ts';
import { ago } from '../time.ts';

interface Options {
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await status(context, options)));
};

interface Report {
  local: LocalState | null;
  gateway: Status | null;
  usage: UsageReport | null;
  problem: string | null;
}

async function status(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const report = await collect(context);
  if (json) printJson(terminal, report);
  else {
    print(terminal, table(rows(context, report)));
    if (report.problem) say(terminal, report.problem);
  }
  return report.gateway?.state === 'ready' ? EXIT.ok : EXIT.failure;
}

/** @throws NotRunningError where neither a background process nor a gateway is there */
async function collect(context: Context): Promise<Report> {
  const found = readLocalState(context.data);
  const local = found && isAlive(found) ? found : null;
  try {
    const [gateway, usage] = await context.withGateway((client) =>
      Promise.all([client.json(statusSchema, '/api/status'), client.json(usageReportSchema, '/api/usage')]),
    );
    const problem = gateway.soul.problem ?? gateway.agent.detail ?? local?.problem ?? null;
    return { local, gateway, usage, problem };
  } catch (error) {
    if (!(error instanceof CliError) || (local === null && error instanceof NotRunningError)) throw error;
    return { local, gateway: null, usage: null, problem: local?.problem ?? error.message };
  }
}

function rows({ terminal, settings, clock }: Context, { local, gateway, usage }: Report): string[][] {
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
      `${engine}${agent.model ? `, model ${agent.model}` : ''}${agent.reachable ? '' : colour(false, ', not reachable')}`,
    ]);
    lines.push(['soul.yaml', gateway.soul.state]);
    lines.push([
      'turns',
      `${turns.running} running, ${turns.queued} waiting (at most ${turns.limit} at a time)`,
    ]);
    lines.push(['sessions', String(gateway.sessions)]);
  } else {
    lines.push(['Moby', colour(false, local?.state ?? 'not answering')]);
  }
  if (usage) lines.push(['usage', `${usageText(usage)} (since ${usage.since.slice(0, 10)})`]);
  for (const part of local?.parts ?? []) {
    const restarts = part.restarts > 0 ? `, ${part.restarts} restarts` : '';
    const pid = part.pid === null ? '' : `, pid ${part.pid}`;
    lines.push([part.name, `${colour(part.state === 'ready', part.state)}${pid}${restarts}`]);
  }
  lines.push(['API', `http://127.0.0.1:${local?.port ?? settings.values.MOBYCLAW_PORT}`]);
  lines.push(['data', settings.values.MOBYCLAW_HOME]);
  return lines;
}

/** Turns whose price is unknown are said to be so, never counted as free. */
function usageText({ totals }: UsageReport): string {
  const tokens = `${totals.turns} turns, ${totals.inputTokens} tokens in, ${totals.outputTokens} out`;
  const priced = totals.turns > totals.unpricedTurns ? `, $${totals.costUsd.toFixed(2)}` : '';
  const unpriced = totals.unpricedTurns > 0 ? `, ${totals.unpricedTurns} turns of unknown price` : '';
  return tokens + priced + unpriced;
}
