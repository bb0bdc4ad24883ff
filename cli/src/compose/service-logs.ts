/** What the containers print, by way of Docker: the same lines that local mode keeps in files. */
import { stripVTControlCharacters } from 'node:util';
import type { Context } from '../context.ts';
import { type LogEntry, parseEntry, renderEntry } from '../logs/log-entry.ts';
import type { ComposeProject } from './project.ts';

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
