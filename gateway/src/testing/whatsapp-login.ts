/** A device that was linked long ago, for tests and measurements that are not about logging in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BOT } from '@mobyclaw/testkit/fake-whatsapp/fake-whatsapp';
import type { Credentials } from '@mobyclaw/testkit/fake-whatsapp/library';
import type { Baileys } from '../channels/whatsapp/library.ts';
import { LoginStore } from '../channels/whatsapp/login-store.ts';

/** Leaves its login in `folder`. @returns its keys */
export function logIn(library: Baileys, folder: string): Credentials {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = new LoginStore(join(folder, 'login.db'), library);
  const some = Buffer.alloc(32, 1);
  const credentials = {
    ...library.initAuthCreds(),
    me: { id: `${BOT}:7@s.whatsapp.net`, lid: `9${BOT}:7@lid`, name: 'Moby' },
    account: { details: some, accountSignatureKey: some, accountSignature: some, deviceSignature: some },
    accountSyncCounter: 1,
    registered: true,
  };
  store.saveCredentials(credentials);
  store.close();
  return credentials as unknown as Credentials;
}
