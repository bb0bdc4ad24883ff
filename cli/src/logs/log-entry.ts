/** One line of a log: pino's JSON, or whatever else a part printed. */
import { printable, styled, type Terminal } from '../terminal.ts';

export interface LogEntry {
  part: string;
  /** The line as it was written. */
  line: string;
  /** Milliseconds since the epoch; that of the line before where it has none of its own. */
  at: number;
  fields: Record<string, unknown> | null;
}

/** @param before time of the line before, in milliseconds since the epoch */
export function parseEntry(part: string, line: string, before: number): LogEntry {
  const fields = parseFields(line);
  const at = typeof fields?.time === 'string' ? Date.parse(fields.time) : Number.NaN;
  return { part, line, fields, at: Number.isNaN(at) ? before : at };
}

function parseFields(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // cagent's own lines, or one cut by a kill
    throw error;
  }
}

const HEAD = new Set(['time', 'level', 'part', 'msg', 'pid', 'hostname', 'err']);

export function renderEntry(
  terminal: Terminal,
  { part, line, fields, at }: LogEntry,
  timeZone: string,
): string {
  const dim = (text: string): string => styled(terminal, 'stdout', 'dim', text);
  const head = dim(`${at > 0 ? clock(at, timeZone) : '--:--:--'} ${part.padEnd(7)}`);
  if (!fields) return `${head} ${printable(line)}`;
  const rest = Object.entries(fields)
    .filter(([name]) => !HEAD.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  const text = [String(fields.msg ?? ''), dim(printable(rest)), printable(errorText(fields.err))].filter(
    Boolean,
  );
  return `${head} ${level(terminal, String(fields.level ?? 'info'))} ${text.join('  ')}`;
}

function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { message, stack } = err as { message?: unknown; stack?: unknown };
  return String(stack ?? message ?? '');
}

function level(terminal: Terminal, name: string): string {
  const text = name.padEnd(5);
  if (name === 'error' || name === 'fatal') return styled(terminal, 'stdout', 'red', text);
  return name === 'warn' ? styled(terminal, 'stdout', 'yellow', text) : text;
}

function clock(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at);
}
