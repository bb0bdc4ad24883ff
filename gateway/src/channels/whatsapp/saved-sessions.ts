/**
 * The library keeps the state of an encrypted session back until it has sent what it encrypted with it. A process that is
 * killed in between leaves the state from before, and the next one encrypts another message with the same key, which no phone
 * can read. So the state is on disk before anything leaves; what else a transaction holds is written at its end, as ever.
 */
import type { WaAuth, WaKeyStore } from './library.ts';

/** @param disk where the keys of `auth` end up when a transaction does */
export function savedSessions(auth: WaAuth, disk: WaKeyStore): WaAuth {
  const { keys } = auth;
  return {
    ...auth,
    keys: {
      ...keys,
      async set(changes) {
        await keys.set(changes);
        const { session, 'sender-key': senderKey } = changes;
        if (session) await disk.set({ session });
        if (senderKey) await disk.set({ 'sender-key': senderKey });
      },
    },
  };
}
