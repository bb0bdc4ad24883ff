/** Entry of egress. */
import { systemClock } from '@mobyclaw/lib/clock';
import { runPartProcess } from '@mobyclaw/lib/part-process';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { readConfig } from './config.ts';
import { startEgress } from './service.ts';

process.umask(0o077); // keys and what was spent are nobody else's business

await runPartProcess({
  name: 'egress',
  listenVariables: 'MOBYCLAW_RELAY_LISTEN, MOBYCLAW_DOOR_LISTEN or MOBYCLAW_EGRESS_LISTEN',
  start: (version, logger) => startEgress(readConfig(takeSecrets()), { version, clock: systemClock, logger }),
});
