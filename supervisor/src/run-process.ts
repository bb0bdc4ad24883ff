/**
 * The life of a supervising process: starts it, stops it in order at SIGTERM and SIGINT, and ends its children when it
 * fails itself. Exit codes: 0 after a stop, 1 where it could not start or failed.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { logWarnings } from '@mobyclaw/lib/process-faults';
import { releaseAfterStart } from '@mobyclaw/lib/process-memory';
import { StartError } from '@mobyclaw/lib/start-error';

export interface Supervising {
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(problem: string): void;
}

const AWAKE_MS = 60_000; // the clock's timers do not keep a process alive; between two children nothing else would

/** Into the log that the CLI has opened; on a full disk there is nobody left to tell. */
function tell(text: string): void {
  try {
    writeSync(process.stderr.fd, text);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOSPC', 'EDQUOT', 'EIO', 'EPIPE', 'EAGAIN'].includes(code)) throw error;
  }
}

export function runProcess(make: () => Supervising, logger: Logger): void {
  const awake = setInterval(() => undefined, AWAKE_MS);
  let supervisor: Supervising | null = null;
  const fail = (error: unknown): never => {
    const problem = error instanceof Error ? error.message : String(error);
    if (error instanceof StartError) logger.error({ problem }, 'cannot start');
    else logger.fatal({ err: error }, 'supervisor failed');
    tell(`mobyclaw: ${problem}\n`);
    process.exit(1);
  };
  logWarnings(logger);
  process.on('uncaughtException', (error) => {
    supervisor?.kill(`the supervisor failed: ${error.message}`);
    fail(error);
  });
  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    void (supervisor?.stop() ?? Promise.resolve()).then(() => {
      clearInterval(awake);
      process.exit(0);
    }, fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    supervisor = make();
    supervisor.start().then(() => releaseAfterStart(systemClock), fail);
  } catch (error) {
    fail(error);
  }
}
