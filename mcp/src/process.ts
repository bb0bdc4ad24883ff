/**
 * The life of an MCP server's process: starts it, closes it in order at SIGTERM and SIGINT. Exit codes: 0 after a stop, 1
 * where it could not start or not close; why is in the log.
 */
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger, type Logger } from '@mobyclaw/lib/logger';
import { logFaults } from '@mobyclaw/lib/process-faults';
import { releaseAfterStart } from '@mobyclaw/lib/process-memory';
import { StartError } from '@mobyclaw/lib/start-error';
import type { HttpService } from './http.ts';

export interface McpProcess {
  /** Name of the part, for the log. */
  name: string;
  /** Variable that says where it listens. */
  listenVariable: string;
  start(version: string, logger: Logger): Promise<HttpService>;
  /** What an error of `start` means and what to do about it, where it is one of this server's own. */
  reason(error: unknown): string | null;
}

export async function runMcpProcess({ name, listenVariable, start, reason }: McpProcess): Promise<void> {
  const logger = createLogger(name);
  logFaults(logger);
  try {
    const service = await start(process.env.MOBYCLAW_VERSION ?? '0.0.0', logger);
    logger.info({ url: service.url, pid: process.pid }, 'listening');
    closeAtSignals(service, logger);
    releaseAfterStart(systemClock);
  } catch (error) {
    const why = reason(error) ?? commonReason(error, listenVariable);
    logger.fatal(why === null ? { err: error } : { reason: why }, 'cannot start');
    process.exitCode = 1;
  }
}

function commonReason(error: unknown, listenVariable: string): string | null {
  if (error instanceof StartError) return error.message;
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return null;
  return `The address is taken. Set ${listenVariable} to another host:port.`;
}

function closeAtSignals(service: HttpService, logger: Logger): void {
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
