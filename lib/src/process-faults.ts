/**
 * What Node prints by itself when a program fails or uses something that is going away: the line of the bundle in which it
 * happened, which is most of the bundle, or plain text between lines of JSON. Here it becomes a line of the log.
 */

export interface FaultLog {
  warn(fields: object, text: string): void;
  fatal(fields: object, text: string): void;
}

/** For the whole process, once. An error that nobody foresaw ends it with 1, since nothing is known of its state then. */
export function logFaults(log: FaultLog): void {
  logWarnings(log);
  process.on('uncaughtException', (error: unknown) => {
    log.fatal({ err: error }, 'ended by an error that nobody foresaw');
    process.exit(1);
  });
}

/** For a process that ends in its own way. */
export function logWarnings(log: Pick<FaultLog, 'warn'>): void {
  process.removeAllListeners('warning'); // Node's own, which prints
  process.on('warning', (warning) => {
    const { code } = warning as { code?: string };
    log.warn({ warning: warning.name, ...(code === undefined ? {} : { code }) }, warning.message);
  });
}
