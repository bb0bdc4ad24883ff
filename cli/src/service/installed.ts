/** The service of this data directory on this machine, for the commands that act on it or mention it. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { readTextIfThere } from '../env-file.ts';
import { type Service, serviceFor } from './unit.ts';

/** Where things are; whatever else the environment sets belongs into `.env`. */
const HANDED_ON = ['PATH', 'MOBYCLAW_HOME', 'MOBYCLAW_ENV_FILE', 'MOBYCLAW_PORT', 'MOBYCLAW_AGENT'];

/** @throws CliError where this system starts no services that we know */
export function serviceOf({ checkout, data, terminal }: Context): Service {
  const environment = Object.fromEntries(
    HANDED_ON.flatMap((name) => {
      const value = terminal.env[name];
      return value ? [[name, value] as const] : [];
    }),
  );
  const setup = { launcher: join(checkout, 'mobyclaw'), home: data.root, logs: data.logs, environment };
  return serviceFor(process.platform, setup, terminal.env);
}

/** Whether something starts Moby after a reboot; true also where nothing can, since there is nothing to advise then. */
export function startsAfterReboot(context: Context): boolean {
  if (process.platform !== 'linux' && process.platform !== 'darwin') return true;
  return readTextIfThere(serviceOf(context).file) !== null;
}
