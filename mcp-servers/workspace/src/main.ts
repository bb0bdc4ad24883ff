/** Entry of the workspace server. */
import { runPartProcess } from '@mobyclaw/lib/part-process';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { readConfig } from './config.ts';
import { startWorkspaceService, UnsafeMountsError } from './service.ts';

await runPartProcess({
  name: 'workspace',
  listenVariables: 'MOBYCLAW_WORKSPACE_LISTEN',
  start: (version, logger) => startWorkspaceService(readConfig(takeSecrets()), version, logger),
  reason: (error) => (error instanceof UnsafeMountsError ? error.message : null),
});
