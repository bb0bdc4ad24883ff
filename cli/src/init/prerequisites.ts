/** What must be right before anything is set up: Docker, the port, disk, clock. */
import type { Docker } from '../compose/docker.ts';
import type { Context } from '../context.ts';
import { type Check, ok, warn } from '../doctor/check.ts';
import { checkClock, checkDisk } from '../doctor/machine-checks.ts';
import { checkPort } from '../port-check.ts';
import type { Draft } from './draft.ts';

const IMAGES_BYTES = 4e9; // the five images, and what building them takes

export async function checkMachine({ clock }: Context, draft: Draft, docker: Docker): Promise<Check[]> {
  const { data, checkout, now } = draft;
  return [
    docker.ready
      ? ok(
          'docker',
          `engine ${docker.engine}, Compose ${docker.compose}${docker.rootless ? ', rootless' : ''}`,
        )
      : warn('docker', docker.problem, docker.remedy),
    await checkPort(data, Number(draft.value('MOBYCLAW_PORT') ?? now.values.MOBYCLAW_PORT)),
    await checkDisk({ data }, docker.ready ? IMAGES_BYTES : undefined),
    checkClock({ clock, checkout, settings: now }),
  ];
}
