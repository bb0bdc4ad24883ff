/** A gateway with the real WhatsApp adapter and the real Baileys in front of a fake WhatsApp, and people with phones. */
import { join } from 'node:path';
import { FakeWhatsApp } from '@mobyclaw/testkit/fake-whatsapp/fake-whatsapp';
import type { WhatsAppLibrary } from '@mobyclaw/testkit/fake-whatsapp/library';
import type { Phone } from '@mobyclaw/testkit/fake-whatsapp/phone';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';
import { createWhatsAppChannel, type WhatsAppTiming } from '../channels/whatsapp/index.ts';
import type { Baileys } from '../channels/whatsapp/library.ts';
import { type Harness, type HarnessOptions, openHarness } from './harness.ts';
import { logIn } from './whatsapp-login.ts';

export const ALICE = '491700000001'; // the owner
export const BOB = '491700000002';
export const MALLORY = '491700000666'; // a stranger
export const GROUP = '120363000000000001@g.us';

/** Short, as no test wants to wait for 20 s to learn that nobody answers. */
export const TIMING: WhatsAppTiming = { callMs: 2500, startMs: 4000, keepAliveMs: 700 };

export async function startPhones(library: Baileys): Promise<FakeWhatsApp> {
  const whatsApp = await FakeWhatsApp.start(library as unknown as WhatsAppLibrary);
  onTestFinished(() => whatsApp.close());
  const members = [ALICE, BOB].map((number) => whatsApp.person(number));
  whatsApp.groups.set(GROUP, { subject: 'Family', members });
  return whatsApp;
}

export interface WhatsAppWorld {
  whatsApp: FakeWhatsApp;
  gateway: Harness;
  alice: Phone;
  /** Alice writes. @returns the id of the message */
  say(text: string): string;
  /** What Moby wrote and is still there. */
  texts(phone?: Phone, group?: string): string[];
  /** Waits for a text of Moby's that `passes`. */
  reply(passes: (text: string) => boolean, phone?: Phone, group?: string): Promise<string>;
  restart(options?: HarnessOptions): Promise<Harness>;
}

export async function openWhatsAppWorld(
  library: Baileys,
  options: HarnessOptions & { loggedIn?: boolean } = {},
): Promise<WhatsAppWorld> {
  const { loggedIn = true, ...rest } = options;
  const whatsApp = await startPhones(library);
  const home = rest.home ?? temporaryFolder();
  if (loggedIn) logIn(library, join(home, 'gateway/channels/whatsapp'));
  const alice = whatsApp.person(ALICE);
  const settings = { auth: rest.env?.WHATSAPP_AUTH ?? 'qr', webUrl: whatsApp.url };
  const open = (more: HarnessOptions = {}): Promise<Harness> =>
    openHarness({
      ...rest,
      home,
      ...more,
      env: {
        WHATSAPP_AUTH: 'qr',
        WHATSAPP_WEB_URL: whatsApp.url,
        WHATSAPP_ALLOWED_USERS: ALICE,
        ...rest.env,
        ...more.env,
      },
      loadChannel: async () => (host) => createWhatsAppChannel(settings, host, TIMING),
    });
  const world: WhatsAppWorld = {
    whatsApp,
    gateway: await open(),
    alice,
    say: (text) => whatsApp.say({ from: alice, text }),
    texts: (phone = alice, group) => whatsApp.shown(phone, group).map(({ text }) => text),
    reply: (passes, phone = alice, group) =>
      until('a reply', () => world.texts(phone, group).find(passes), 20_000).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; there is ${JSON.stringify(world.texts(phone, group))}`);
      }),
    async restart(more = {}) {
      await world.gateway.close(0);
      world.gateway = await open(more);
      return world.gateway;
    },
  };
  if (loggedIn) await isUp(world);
  return world;
}

export async function isUp(world: Pick<WhatsAppWorld, 'gateway'>): Promise<void> {
  await until('the channel to be up', async () => (await statusOf(world))?.state === 'up');
}

export async function statusOf({ gateway }: Pick<WhatsAppWorld, 'gateway'>) {
  return (await gateway.call('GET', '/api/channels')).body.items[0];
}
