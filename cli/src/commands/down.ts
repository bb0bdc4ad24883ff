import { EXIT } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { stopLocal } from '../local/stop.ts';
import { readComposeState, runningStack } from '../running-stack.ts';
import { say } from '../terminal.ts';

export const command: Define = (target, context, exit) => {
  target.action(async () => {
    const runs = runningStack(context.data) !== null; // Docker alone may take a second to say that there is nothing
    const notice = context.clock.after(1_000, () => {
      if (runs) say(context.terminal, 'Stopping Moby; answers under way have 30 s to end…');
    });
    const local = await stopLocal(context);
    const ran = (await stopContainers(context, local)) || local;
    notice.cancel();
    say(context.terminal, ran ? 'Moby is stopped.' : 'Moby was not running.');
    exit(EXIT.ok);
  });
};

/** Also those that plain `docker compose up` has started; after local mode there are only some where `up` said so. */
async function stopContainers(context: Context, local: boolean): Promise<boolean> {
  if (local && readComposeState(context.data) === null) return false;
  const { stopCompose } = await import('../compose/stop.ts');
  return stopCompose(context);
}
