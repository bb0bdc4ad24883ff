/**
 * The variables that docker-compose.yml is filled in with, for `docker compose` as a child process. What is set is handed
 * over as read, since Compose reads .env by rules of its own; what is not is left to the file, so that a plain
 * `docker compose up` finds the same stack and leaves the containers alone.
 */

import { isSettingName } from '@mobyclaw/lib/settings';
import type { Settings } from '../settings.ts';
import type { ContainerUser } from './container-user.ts';

/** Found out by us where they are not set; the file cannot. */
const FOUND_OUT: readonly string[] = ['MOBYCLAW_HOME', 'MOBYCLAW_TZ'];

/** @param user of `prepareContainerUser` */
export function composeEnvironment(settings: Settings, user: ContainerUser): Record<string, string> {
  const isDefault = (name: string): boolean => isSettingName(name) && settings.origin[name] === 'default';
  const set = Object.entries(settings.environment).filter(
    ([name]) => FOUND_OUT.includes(name) || !isDefault(name),
  );
  return {
    ...Object.fromEntries(set),
    MOBYCLAW_UID: String(user.uid),
    MOBYCLAW_GID: String(user.gid),
    COMPOSE_DISABLE_ENV_FILE: 'true',
  };
}
