/** Entry of the workspace server. */
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { runMcpProcess } from '@mobyclaw/mcp/process';
import { readConfig } from './config.ts';
import { startWorkspaceService, UnsafeMountsError } from './service.ts';

await runMcpProcess({
  name: 'workspace',
  listenVariable: 'MOBYCLAW_WORKSPACE_LISTEN',
  start: (version, logger) => startWorkspaceService(readConfig(takeSecrets()), version, logger),
  reason: (error) => (error instanceof UnsafeMountsError ? error.message : null),
});
