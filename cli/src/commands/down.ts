import { EXIT } from '../cli-error.ts';
import { stopLocal } from '../local/stop.ts';
import type { Define } from '../program.ts';
import { say } from '../terminal.ts';

export const command: Define = (target, context, exit) => {
  target.action(async () => {
    const notice = context.clock.after(1_000, () =>
      say(context.terminal, 'Stopping Moby; answers under way have 30 s to end…'),
    );
    const ran = await stopLocal(context);
    notice.cancel();
    say(context.terminal, ran ? 'Moby is stopped.' : 'Moby was not running.');
    exit(EXIT.ok);
  });
};
