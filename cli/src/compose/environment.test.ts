import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { readSettings } from '../settings.ts';
import { composeEnvironment } from './environment.ts';

test('what is set, with ~ expanded; of the rest only what compose cannot find out', () => {
  const checkout = temporaryFolder();
  const home = join(checkout, 'home');
  writeFileSync(
    join(checkout, '.env'),
    `MOBYCLAW_HOME=${home}\nMOBYCLAW_AGENT=embedded\nTELEGRAM_BOT_TOKEN=1:x\nDOCKER_AGENT_VERSION=1.99.0\n`,
  );
  const settings = readSettings(checkout, { MOBYCLAW_PORT: '3100' });
  expect(composeEnvironment(settings, { uid: 501, gid: 20 })).toEqual({
    MOBYCLAW_HOME: home,
    MOBYCLAW_PORT: '3100',
    MOBYCLAW_AGENT: 'embedded',
    MOBYCLAW_TZ: Intl.DateTimeFormat().resolvedOptions().timeZone,
    TELEGRAM_BOT_TOKEN: '1:x',
    DOCKER_AGENT_VERSION: '1.99.0',
    MOBYCLAW_UID: '501',
    MOBYCLAW_GID: '20',
    COMPOSE_DISABLE_ENV_FILE: 'true',
  });
});
