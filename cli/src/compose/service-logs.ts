/** What the containers print, by way of Docker: the same lines that local mode keeps in files. */
import { stripVTControlCharacters } from 'node:util';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { type LogEntry, parseEntry, renderEntry } from '../logs/log-entry.ts';
import { ComposeProject } from './project.ts';
import { serviceName } from './service-name.ts';

const LINES = 8;

/** `moby-1  | 2026-01-02T03:04:05.678901234Z {"level":…}`, as `docker compose logs --timestamps` writes them. */
const LINE = /^(?:(\S+?)(?:-\d+)?\s+\| ?)?(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?(.*)$/;

/** @returns null for a line in no form of a container's, such as one of Docker's own */
export function parseContainerLine(text: string, service = ''): LogEntry | null {
  // Compose 2.26 clears the line of a terminal that it does not have.
  const [, name = service, time = '', line = ''] = LINE.exec(stripVTControlCharacters(text)) ?? [];
  if (time === '') return null;
  // A part's own time is the truer one where it has one.
  return parseEntry(name, line, Date.parse(time));
}

/** @returns the last lines of a service, ready to be shown; none where it has not logged or is not there */
export async function lastLogLines(
  context: Context,
  project: ComposeProject,
  service: string,
): Promise<string[]> {
  const { code, stdout } = await project.run([
    'logs',
    '--no-color',
    '--timestamps',
    '--tail',
    String(LINES),
    service,
  ]);
  if (code !== 0) return [];
  return stdout
    .split('\n')
    .flatMap((line) => parseContainerLine(line, service) ?? [])
    .map((entry) => renderEntry(context.terminal, entry, context.settings.values.MOBYCLAW_TZ));
}

export interface ContainerLogOptions {
  follow?: true;
  lines: number;
  show: (entry: LogEntry) => void;
}

/** Shows what the containers have logged, merged by time, and with `follow` goes on until Ctrl-C. */
export async function containerLogs(
  context: Context,
  part: string | undefined,
  { follow, lines, show }: ContainerLogOptions,
): Promise<ExitCode> {
  const project = new ComposeProject(context);
  const names = part === undefined ? [] : [serviceName(part)];
  const args = ['logs', '--no-color', '--timestamps', '--tail', String(lines)];
  const entries = parsed(await project.must([...args, ...names]), names[0]).toSorted((a, b) => a.at - b.at);
  for (const entry of lines === 0 ? [] : entries.slice(-lines)) show(entry);
  if (!follow) return EXIT.ok;

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // From the last line that was shown: what came meanwhile is shown, and that line not a second time.
  const seen = new Set(entries.map(({ part: name, line }) => `${name} ${line}`));
  const since = new Date((entries.at(-1)?.at ?? context.clock.now()) - 1_000).toISOString();
  const onLine = (text: string): void => {
    const entry = parseContainerLine(text, names[0]);
    if (entry === null || seen.delete(`${entry.part} ${entry.line}`)) return;
    show(entry);
  };
  const { code, stderr } = await project.run(
    ['logs', '--no-color', '--timestamps', '--follow', '--since', since, ...names],
    { onLine, signal: stop.signal },
  );
  if (code !== 0 && !stop.signal.aborted) throw new CliError(`docker compose logs failed:\n${stderr.trim()}`);
  return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function parsed(text: string, service?: string): LogEntry[] {
  return text.split('\n').flatMap((line) => parseContainerLine(line, service) ?? []);
}
