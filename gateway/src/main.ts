import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { logFaults } from '@mobyclaw/lib/process-faults';
import { releaseAfterStart } from '@mobyclaw/lib/process-memory';
import { StartError } from '@mobyclaw/lib/start-error';
import { createAgentClient } from './agent/agent-client.ts';
import { readConfig } from './config/config.ts';
import { openGateway } from './gateway.ts';
import { RecentLines } from './health/recent-lines.ts';
import { StoreError } from './store/database.ts';

const version = process.env.MOBYCLAW_VERSION ?? 'development';

process.umask(0o077); // conversations are nobody else's business
logFaults(createLogger('gateway'));

try {
  const config = readConfig(takeSecrets());
  const ownLog = new RecentLines(process.stdout);
  const logger = createLogger('gateway', config.logLevel, ownLog);
  const agent = createAgentClient({
    url: config.agentUrl,
    ...(config.agentToken === undefined ? {} : { token: config.agentToken }),
    clock: systemClock,
    logger,
  });
  const gateway = await openGateway({
    config,
    pageFolder: join(import.meta.dirname, 'web'),
    agent,
    clock: systemClock,
    logger,
    ownLog,
    version,
  });
  const startMs = Math.round(performance.now());
  logger.info({ port: gateway.port, startMs }, 'ready');
  releaseAfterStart(systemClock);

  let closing = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) return;
      closing = true;
      logger.info({ signal }, 'draining');
      gateway.close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.fatal({ err: error }, 'the gateway did not close cleanly');
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  if (!(error instanceof StartError || error instanceof StoreError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
