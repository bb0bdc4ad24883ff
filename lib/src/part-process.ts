/**
 * The life of a server's process: starts it, closes it in order at SIGTERM and SIGINT. Exit codes: 0 after a stop, 1
 * where it could not start or not close; why is in the log.
 */
import { systemClock } from './clock.ts';
import { createLogger, type Logger } from './logger.ts';
import { provideNoNameResolver, RESOLVER_VARIABLE } from './no-name-resolver.ts';
import { logFaults } from './process-faults.ts';
import { releaseAfterStart } from './process-memory.ts';
import { StartError } from './start-error.ts';

/** What is started: where it listens, and how it ends. */
export interface PartService {
  /** `http://host:port` as bound. */
  readonly url: string;
  /** Stops accepting, lets running requests end, then cuts what is left. */
  close(): Promise<void>;
}

export interface PartProcess {
  /** Name of the part, for the log. */
  name: string;
  /** Variables that say where it listens, as they are told to whoever has to change one. */
  listenVariables: string;
  start(version: string, logger: Logger): Promise<PartService>;
  /** What an error of `start` means and what to do about it, where it is one of this server's own. */
  reason?(error: unknown): string | null;
}

export async function runPartProcess({ name, listenVariables, start, reason }: PartProcess): Promise<void> {
  const logger = createLogger(name);
  logFaults(logger);
  try {
    await provideNoNameResolver(process.env[RESOLVER_VARIABLE], logger);
    const service = await start(process.env.MOBYCLAW_VERSION ?? '0.0.0', logger);
    const { close: _, ...urls } = service;
    logger.info({ ...urls, pid: process.pid }, 'listening');
    closeAtSignals(service, logger);
    releaseAfterStart(systemClock);
  } catch (error) {
    const why = reason?.(error) ?? commonReason(error, listenVariables);
    logger.fatal(why === null ? { err: error } : { reason: why }, 'cannot start');
    process.exitCode = 1;
  }
}

function commonReason(error: unknown, listenVariables: string): string | null {
  if (error instanceof StartError) return error.message;
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return null;
  return `The address is taken. Set ${listenVariables} to another host:port.`;
}

function closeAtSignals(service: PartService, logger: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
