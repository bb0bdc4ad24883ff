/**
 * cagent looks up models at models.dev. Where it cannot get there, each lookup tries again and a stream stalls for up
 * to 30 s; a cache file that says it was refreshed in the far future stops that, at the price of no prices and no context
 * limits. `MOBYCLAW_MODELS_DEV=offline`, the default, asks for it: behind the door each lookup would be a question to the owner or a
 * refusal. `online` leaves all to cagent, and needs `models.dev` under `allow` in egress.yaml.
 *
 * The file goes where the engine looks, which is in the home folder of the agent and cannot be moved by a flag
 * (`--cache-dir` has no effect on it). A private HOME would hide the owner's home from the agent's shell, so HOME
 * stays, and a file that is already there, perhaps of the owner's own cagent, is never touched.
 */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFile } from '@mobyclaw/lib/atomic-file';
import { StartError } from '@mobyclaw/lib/start-error';

const NEVER_REFRESHED =
  '{"database":{"providers":{},"updated_at":"2026-01-01T00:00:00Z"},"last_refresh":"2126-01-01T00:00:00Z"}\n';

/** @throws StartError with what to write instead */
export function wantsModelsDevOffline(setting: string | undefined): boolean {
  if (setting === undefined || setting === 'online') return false;
  if (setting === 'offline') return true;
  throw new StartError(`MOBYCLAW_MODELS_DEV is "${setting}"; write online or offline`);
}

/** Where 1.32.3 and later versions were seen or are documented to look. */
export function modelsDevFiles(env: Readonly<Record<string, string>>): string[] {
  const home = env.HOME ?? homedir();
  const cache =
    env.XDG_CACHE_HOME ?? join(home, ...(process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']));
  return [join(home, '.cagent', 'models_dev.json'), join(cache, 'cagent', 'models_dev.json')];
}

/**
 * @returns the files that were created; those that exist stay as they are
 * @throws StartError where the home folder cannot be written
 */
export async function provideModelsDev(env: Readonly<Record<string, string>>): Promise<string[]> {
  const created: string[] = [];
  for (const path of modelsDevFiles(env)) {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      if (await createFile(path, NEVER_REFRESHED)) created.push(path);
    } catch (error) {
      const { message } = error as Error;
      throw new StartError(`MOBYCLAW_MODELS_DEV=offline needs ${path}: ${message}`, { cause: error });
    }
  }
  return created;
}
