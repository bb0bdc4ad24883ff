/**
 * Entry of `dist/local.js`, the background process of local mode: wires and does nothing else. Started by the CLI with
 * MOBYCLAW_HOME, MOBYCLAW_PORT and the owner's settings and keys on its standard input, or in its environment where an older
 * command line does it, and its output in a log. A start
 * that cannot succeed says why on stderr and in run/local.json.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { siblingBuild, siblingBundles } from './bundles.ts';
import { LocalSupervisor } from './local-supervisor.ts';
import { RotatingLog } from './rotating-log.ts';
import { runProcess } from './run-process.ts';
import { readPort } from './settings.ts';

const DEFAULT_PORT = 3000;

const env = takeSecrets(); // of the owner's keys the parts get each its own; nothing here inherits one
const home = resolve(env.MOBYCLAW_HOME || join(homedir(), '.mobyclaw'));
// Not to stdout, though that is the same file: there a full disk would hold this process up, and nothing rotates it.
const logger = createLogger('local', undefined, new RotatingLog(join(home, 'logs', 'local.log')));

runProcess(
  () =>
    new LocalSupervisor({
      home,
      port: readPort('MOBYCLAW_PORT', env.MOBYCLAW_PORT, DEFAULT_PORT),
      version: process.env.MOBYCLAW_VERSION ?? 'development',
      program: siblingBuild(import.meta.url),
      environment: env,
      bundles: siblingBundles(import.meta.url),
      clock: systemClock,
      logger,
    }),
  logger,
);
