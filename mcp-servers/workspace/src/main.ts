/** Entry of the workspace server: configuration from the environment, signals, exit codes. */
import { createLogger } from '@mobyclaw/lib/logger';
import { ConfigError, readConfig } from './config.ts';
import { NoDescriptorsError, startWorkspaceService } from './service.ts';

const logger = createLogger('workspace');
const version = process.env.MOBYCLAW_VERSION ?? '0.0.0';

try {
  const config = readConfig(process.env);
  const service = await startWorkspaceService(config, version, logger);
  const workspaces = config.workspaces.map(({ name, mode }) => `${name}:${mode}`);
  logger.info({ url: service.url, workspaces, pid: process.pid }, 'listening');
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
  if (error instanceof ConfigError || error instanceof NoDescriptorsError) return { reason: error.message };
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return { reason: 'The address is taken. Set MOBYCLAW_WORKSPACE_LISTEN to another host:port.' };
  }
  return { err: error };
}
