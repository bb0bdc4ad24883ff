/** JSON lines on stdout, one logger a process. Logs carry ids, states and durations; never message text, never secrets. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export function createLogger(part: string, level: string = process.env.MOBYCLAW_LOG_LEVEL ?? 'info'): Logger {
  return pino({
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['headers.authorization', '*.headers.authorization', 'token', '*.token'],
  });
}

export const silentLogger: Logger = pino({ level: 'silent' });
