/** Chats of WhatsApp whose messages disappear after some days: what Moby writes there disappears too. */
import type { Phone } from '@mobyclaw/testkit/fake-whatsapp/phone';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { BOB, GROUP, openWhatsAppWorld, type WhatsAppWorld } from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();
const DAY = 86_400;
const MOBY = '15550001111@s.whatsapp.net';

describe.skipIf(library === null)('where messages disappear', () => {
  async function ask(world: WhatsAppWorld, text: string, expiration?: number): Promise<number | undefined> {
    const contextInfo = expiration === undefined ? {} : { contextInfo: { expiration } };
    world.whatsApp.say({ from: world.alice, message: { extendedTextMessage: { text, ...contextInfo } } });
    return answered(world, world.alice, `You said: ${text}`);
  }

  async function answered(world: WhatsAppWorld, phone: Phone, text: string, group?: string) {
    const found = () => world.whatsApp.shown(phone, group).find((one) => one.text === text);
    return (await until(`"${text}"`, found, 20_000)).expiration;
  }

  /** Moby writes to Alice by himself. */
  async function deliver(world: WhatsAppWorld, text: string): Promise<void> {
    const body = { channel: `whatsapp:dm:${world.alice.jid}`, text };
    expect((await world.gateway.call('POST', '/api/deliver', { body })).status).toBeLessThan(300);
  }

  test('answers do, as long as the messages of the chat do, also after a restart', async () => {
    const world = await openWhatsAppWorld(library as Baileys);
    expect(await ask(world, 'one', 7 * DAY)).toBe(7 * DAY);
    await world.restart();
    await deliver(world, 'by myself');
    expect(await answered(world, world.alice, 'by myself')).toBe(7 * DAY);
    expect(await ask(world, 'two', DAY)).toBe(DAY);
    expect(await ask(world, 'three')).toBe(0);
  });

  test('what a person changes in the settings of the chat counts at once', async () => {
    const world = await openWhatsAppWorld(library as Baileys);
    expect(await ask(world, 'one')).toBe(0);
    const protocolMessage = { type: 3, ephemeralExpiration: 90 * DAY };
    world.whatsApp.say({ from: world.alice, message: { protocolMessage } });
    // What comes after it is read after it.
    await world.gateway.call('POST', `/api/channels/whatsapp:group:${GROUP}/allow`, { body: {} });
    const extendedTextMessage = { text: 'hello', contextInfo: { mentionedJid: [MOBY] } };
    world.whatsApp.say({ from: world.alice, group: GROUP, message: { extendedTextMessage } });
    expect(await answered(world, world.alice, 'You said: hello', GROUP)).toBe(0);
    await deliver(world, 'two');
    expect(await answered(world, world.alice, 'two')).toBe(90 * DAY);
  });

  test('an impossible time is none', async () => {
    const world = await openWhatsAppWorld(library as Baileys);
    expect(await ask(world, 'one', 4_000_000_000)).toBe(0);
  });

  test('in a group too, and for it alone', async () => {
    const world = await openWhatsAppWorld(library as Baileys);
    await world.gateway.call('POST', `/api/channels/whatsapp:group:${GROUP}/allow`, {
      body: { mention: false },
    });
    const bob = world.whatsApp.person(BOB);
    const contextInfo = { expiration: DAY, mentionedJid: [MOBY] };
    const extendedTextMessage = { text: 'hello', contextInfo };
    world.whatsApp.say({ from: bob, group: GROUP, message: { extendedTextMessage } });
    expect(await answered(world, bob, 'You said: hello', GROUP)).toBe(DAY);
    expect(await ask(world, 'one')).toBe(0);
  });
});
