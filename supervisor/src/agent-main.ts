/**
 * Entry of `dist/agent-supervisor.js`, the process of the `moby` container: the agent alone, and the control server for
 * the gateway. Wires and does nothing else. The container's environment is the agent's: compose gives it key by key.
 *
 * MOBYCLAW_AGENT_FOLDER (/agent) holds the published soul.yaml, MOBYCLAW_SESSIONS_FOLDER (/sessions) the session
 * database; MOBYCLAW_AGENT_LISTEN and MOBYCLAW_CONTROL_LISTEN are host:port, on loopback unless set;
 * MOBYCLAW_ALLOWED_HOSTS are the names besides loopback by which the control server may be called.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { AgentContainer } from './agent-container.ts';
import { siblingBundles } from './bundles.ts';
import { runProcess } from './run-process.ts';
import { readList, readListen, requireSecret } from './settings.ts';

/** Beside `dist/`, in the image. */
const WITHOUT_SECRETS = fileURLToPath(new URL('../without-secrets.py', import.meta.url));

const logger = createLogger('agent-supervisor');

runProcess(() => {
  const { MOBYCLAW_CONTROL_TOKEN, ...env } = takeSecrets(); // no child of this process is to have it
  const controlToken = requireSecret('MOBYCLAW_CONTROL_TOKEN', MOBYCLAW_CONTROL_TOKEN);
  const agentListen = readListen('MOBYCLAW_AGENT_LISTEN', env.MOBYCLAW_AGENT_LISTEN, '127.0.0.1:8080');
  return new AgentContainer({
    agentFolder: env.MOBYCLAW_AGENT_FOLDER || '/agent',
    sessionsFolder: env.MOBYCLAW_SESSIONS_FOLDER || '/sessions',
    engineFolder: join(tmpdir(), 'mobyclaw-engine'),
    listen: agentListen,
    control: readListen('MOBYCLAW_CONTROL_LISTEN', env.MOBYCLAW_CONTROL_LISTEN, '127.0.0.1:8081'),
    allowedHosts: readList(env.MOBYCLAW_ALLOWED_HOSTS),
    controlToken,
    environment: env,
    embeddedBundle: siblingBundles(import.meta.url).embeddedAgent,
    withoutSecrets: existsSync(WITHOUT_SECRETS) ? WITHOUT_SECRETS : null,
    clock: systemClock,
    logger,
  });
}, logger);
