/** JSON lines on stdout, one logger a process. Logs carry ids, states and durations; never message text, never secrets. */
import { type DestinationStream, type Logger, pino } from 'pino';

export type { DestinationStream, Logger } from 'pino';

/** @param into where the lines go, stdout unless given */
export function createLogger(
  part: string,
  level: string = process.env.MOBYCLAW_LOG_LEVEL ?? 'info',
  into?: DestinationStream,
): Logger {
  const options = {
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: ['headers.authorization', '*.headers.authorization', 'token', '*.token'],
  };
  return into ? pino(options, into) : pino(options);
}

export const silentLogger: Logger = pino({ level: 'silent' });
