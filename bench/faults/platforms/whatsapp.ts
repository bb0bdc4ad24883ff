import { join } from 'node:path';
import { loadBaileys } from '@mobyclaw/gateway/channels/whatsapp/library';
import { logIn } from '@mobyclaw/gateway/testing/whatsapp-login';
import { FakeWhatsApp } from '@mobyclaw/testkit/fake-whatsapp/fake-whatsapp';
import type { StanzaKind } from '@mobyclaw/testkit/fake-whatsapp/faults';
import type { WhatsAppLibrary } from '@mobyclaw/testkit/fake-whatsapp/library';
import type { CallKind, FaultyPlatform } from './platform.ts';

const ALICE = '491700000001';
const STANZAS: Record<CallKind, StanzaKind | '*'> = { any: '*', send: 'send', edit: 'edit' };

/** @throws ChannelError `not-installed` where its library is not there */
export async function openWhatsApp(): Promise<FaultyPlatform> {
  const library = await loadBaileys();
  const whatsApp = await FakeWhatsApp.start(library as unknown as WhatsAppLibrary);
  const { faults } = whatsApp;
  const alice = whatsApp.person(ALICE);
  const refuse = (kind: CallKind, error: string, times: number): void =>
    faults.plan(STANZAS[kind], { how: 'refuse', error }, times);
  return {
    platform: 'whatsapp',
    env: {
      WHATSAPP_AUTH: 'qr',
      WHATSAPP_WEB_URL: whatsApp.url,
      WHATSAPP_ALLOWED_USERS: ALICE,
    },
    slowMs: 600, // the first words of an answer come after 3 s, as its edits do
    prepare: (home) => void logIn(library, join(home, 'gateway/channels/whatsapp')),
    say: (text) => void whatsApp.say({ from: alice, text }),
    allow: () => void whatsApp.say({ from: alice, text: 'once' }),
    shown: () => whatsApp.shown(alice).map(({ text }) => text),
    limit: (kind, _seconds, times) => refuse(kind, '429', times), // WhatsApp does not say how long
    outage: (kind, times) => refuse(kind, '500', times),
    hang: (kind, carriedOut) => faults.plan(STANZAS[kind], { how: 'hang', after: carriedOut }),
    drop: (kind, carriedOut) => faults.plan(STANZAS[kind], { how: 'drop', after: carriedOut }),
    struck: () => faults.taken,
    clear: () => faults.clear(),
    blackHole: () => whatsApp.blackHole(),
    lift: () => whatsApp.thaw(),
    cut: () => whatsApp.cut(),
    repeat: () => whatsApp.repeat(),
    revoke: () => whatsApp.removeDevice(),
    restore: () => undefined, // it is linked anew
    logIn: (shown) => whatsApp.scan(shown),
    replace: () => whatsApp.streamError('replaced'),
    invalidate: () => whatsApp.streamError('500'),
    close: () => whatsApp.close(),
  };
}
