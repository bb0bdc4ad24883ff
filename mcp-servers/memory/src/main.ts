/** Entry of the memory server. */
import { systemClock } from '@mobyclaw/lib/clock';
import { runPartProcess } from '@mobyclaw/lib/part-process';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { AlreadyLockedError } from '@mobyclaw/lib/process-lock';
import { readConfig } from './config.ts';
import { startMemoryService } from './service.ts';

process.umask(0o077); // what the owner keeps here is nobody else's business

await runPartProcess({
  name: 'memory',
  listenVariables: 'MOBYCLAW_MEMORY_LISTEN',
  start: (version, logger) => startMemoryService(readConfig(takeSecrets()), version, systemClock, logger),
  reason: (error) => {
    if (error instanceof AlreadyLockedError) {
      return 'Another memory server keeps this data folder. Stop it, or set MOBYCLAW_HOME to another one.';
    }
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS') return null;
    return `The data folder cannot be written (${code}, ${path}). Give it to the user that runs this.`;
  },
});
