/** The commands where no messenger is enabled: for a terminal and a page. Loaded when the first one is typed. */

import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { Access } from './access/access.ts';
import { AccessDecisions } from './access/access-decisions.ts';
import type { CommandServices } from './commands/command.ts';
import { Commands } from './commands/commands.ts';
import type { ChannelsConfig } from './config/channels-config.ts';
import type { JobService } from './scheduler/job-service.ts';

export interface TerminalCommandsOptions
  extends Omit<CommandServices, 'access' | 'decisions' | 'jobs' | 'channels' | 'resend' | 'voice' | 'now'> {
  jobs: JobService;
  owners: ChannelsConfig['owners'];
  clock: Clock;
  logger: Logger;
}

export function terminalCommands({ owners, clock, logger, ...services }: TerminalCommandsOptions): Commands {
  const { store, turns, jobs } = services;
  const access = new Access({ access: store.access, clock, owners });
  const decisions = new AccessDecisions({ store, access, turns, jobs, wake: () => undefined, clock, logger });
  return new Commands(
    {
      ...services,
      access,
      decisions,
      channels: () => [],
      resend: () => 0,
      voice: null,
      now: () => clock.now(),
    },
    logger,
  );
}
