import { join } from 'node:path';
import type { Repository, WhatsAppLibrary } from '@mobyclaw/testkit/fake-whatsapp/library';
import { prefixed } from '@mobyclaw/testkit/fake-whatsapp/phone';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, onTestFinished, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { type Baileys, quietLogger, type WaAuth, type WaKeyStore } from './library.ts';
import { LoginStore } from './login-store.ts';
import { savedSessions } from './saved-sessions.ts';

const library = await whatsAppLibrary();
const ALICE = '491700000001@s.whatsapp.net';
const ADDRESS = '491700000001.0';
const GROUP = '120363000000000001@g.us';

interface Sealing extends Repository {
  encryptGroupMessage(given: { group: string; meId: string; data: Uint8Array }): Promise<unknown>;
}

interface Transactions extends WaKeyStore {
  transaction<T>(work: () => Promise<T>, key: string): Promise<T>;
}

describe.skipIf(library === null)('the state of an encrypted session', () => {
  function setUp() {
    const baileys = library as Baileys & WhatsAppLibrary;
    const path = join(temporaryFolder(), 'login.db');
    const open = (): LoginStore => {
      const store = new LoginStore(path, baileys);
      onTestFinished(() => store.close());
      return store;
    };
    const disk = baileys.makeCacheableSignalKeyStore(open().keys, quietLogger);
    const options = { maxCommitRetries: 1, delayBetweenTriesMs: 1 };
    const keys = baileys.addTransactionCapability(disk, quietLogger, options) as Transactions;
    const auth: WaAuth = { creds: baileys.initAuthCreds(), keys };
    const make = baileys.DEFAULT_CONNECTION_CONFIG.makeSignalRepository;
    const repository = make(
      savedSessions(auth, disk),
      quietLogger,
      async () => undefined,
    ) as unknown as Sealing;
    const them = (baileys as WhatsAppLibrary).initAuthCreds();
    const session = {
      registrationId: them.registrationId,
      identityKey: prefixed(them.signedIdentityKey.public),
      signedPreKey: {
        keyId: them.signedPreKey.keyId,
        publicKey: prefixed(them.signedPreKey.keyPair.public),
        signature: them.signedPreKey.signature,
      },
    };
    /** What a process would find that starts at this moment. */
    const found = (type: string, id: string): string => {
      const store = open();
      const value = store.keys.get(type, [id])[id];
      store.close();
      return JSON.stringify(value);
    };
    const seal = () => repository.encryptMessage({ jid: ALICE, data: Buffer.from('words') });
    return { keys, repository, session, seal, found };
  }

  test('is on disk before what it encrypted can be sent, so that no key serves twice after a kill', async () => {
    const { keys, repository, session, seal, found } = setUp();
    await keys.transaction(async () => {
      await repository.injectE2ESession({ jid: ALICE, session });
      await seal();
      const first = found('session', ADDRESS);
      expect(first).toContain('{');
      await seal();
      expect(found('session', ADDRESS)).not.toBe(first);
    }, 'a send');
  });

  test('of a group too', async () => {
    const { keys, repository, found } = setUp();
    const id = `${GROUP}::15550001111::7`;
    const given = { group: GROUP, meId: '15550001111:7@s.whatsapp.net', data: Buffer.from('words') };
    await keys.transaction(async () => {
      await repository.encryptGroupMessage(given);
      const first = found('sender-key', id);
      expect(first).not.toBe('undefined');
      await repository.encryptGroupMessage(given);
      expect(found('sender-key', id)).not.toBe(first);
    }, 'a send');
  });

  test('does not go back where the send fails', async () => {
    const { keys, repository, session, seal, found } = setUp();
    await repository.injectE2ESession({ jid: ALICE, session });
    const send = keys.transaction(async () => {
      await seal();
      throw new Error('the line broke');
    }, 'a send');
    await expect(send).rejects.toThrow('the line broke');
    const after = found('session', ADDRESS);
    expect(JSON.stringify((await keys.get('session', [ADDRESS]))[ADDRESS])).toBe(after);
    await seal();
    expect(found('session', ADDRESS)).not.toBe(after);
  });
});
