/** Entry of the memory server: configuration from the environment, signals, exit codes. */
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import { AlreadyLockedError } from '@mobyclaw/lib/process-lock';
import { ConfigError, readConfig } from './config.ts';
import { startMemoryService } from './service.ts';

const logger = createLogger('memory');
const version = process.env.MOBYCLAW_VERSION ?? '0.0.0';

try {
  const config = readConfig(process.env);
  const service = await startMemoryService(config, version, systemClock, logger);
  logger.info({ url: service.url, home: config.home, pid: process.pid }, 'listening');
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
} catch (error) {
  logger.fatal(startProblem(error), 'cannot start');
  process.exitCode = 1;
}

function startProblem(error: unknown): object {
  if (error instanceof ConfigError) return { reason: error.message };
  if (error instanceof AlreadyLockedError) {
    return {
      reason: 'Another memory server keeps this data folder. Stop it, or set MOBYCLAW_HOME to another one.',
    };
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return { reason: 'The address is taken. Set MOBYCLAW_MEMORY_LISTEN to another host:port.' };
  }
  if (code === 'EACCES' || code === 'EROFS') {
    return {
      reason: `The data folder cannot be written (${code}). Give it to the user that runs this.`,
      err: error,
    };
  }
  return { err: error };
}
