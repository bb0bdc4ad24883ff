/**
 * What the parts log, newest last. Their lines are JSON; they are shown as text, several parts merged by time.
 * `-f` follows across rotation and across restarts of the stack.
 */
import { InvalidArgumentError } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { followLogs } from '../logs/follow.ts';
import { type LogEntry, renderEntry } from '../logs/log-entry.ts';
import { lastEntries, logParts } from '../logs/log-files.ts';
import { runningStack } from '../running-stack.ts';
import { print, say } from '../terminal.ts';

interface Options {
  follow?: true;
  lines: number;
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .argument('[part]', 'gateway, agent (moby), memory, workspace, egress or local; all of them unless given')
    .option('-f, --follow', 'go on as lines are added, until Ctrl-C')
    .option('-n, --lines <count>', 'so many of the last lines', count, 100)
    .option('--json', 'show the lines as they were written')
    .action(async (part: string | undefined, options: Options) => exit(await logs(context, part, options)));
};

/** @throws InvalidArgumentError */
function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('Write a number.');
}

async function logs(context: Context, part: string | undefined, options: Options): Promise<ExitCode> {
  const { terminal, data } = context;
  const show = (entry: LogEntry): void =>
    print(
      terminal,
      options.json ? entry.line : renderEntry(terminal, entry, context.settings.values.MOBYCLAW_TZ),
    );
  if (runningStack(data)?.mode === 'compose') {
    const { containerLogs } = await import('../compose/service-logs.ts');
    return containerLogs(context, part, { ...options, show });
  }
  const there = await logParts(data);
  if (part !== undefined && !there.includes(part)) {
    const which =
      there.length > 0
        ? `There are logs of ${there.join(', ')}.`
        : 'Nothing has been logged yet; start Moby with ./mobyclaw up';
    throw new UsageError(`There is no log of "${part}". ${which}`);
  }
  const parts = part === undefined ? there : [part];
  if (parts.length === 0) say(terminal, `Nothing has been logged yet in ${data.logs}.`);
  const { entries, positions } = await lastEntries(data, parts, options.lines);
  for (const entry of entries) show(entry);
  if (!options.follow) return EXIT.ok;

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  await followLogs({
    data,
    parts: part === undefined ? 'all' : parts,
    positions,
    show,
    clock: context.clock,
    signal: stop.signal,
  });
  return EXIT.interrupted;
}
