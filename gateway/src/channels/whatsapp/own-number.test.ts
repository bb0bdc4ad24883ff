/** Moby linked to the owner's own number, as most people have only one: the chat with oneself is the chat with Moby. */
import { BOT } from '@mobyclaw/testkit/fake-whatsapp/fake-whatsapp';
import { expect, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { MALLORY, openWhatsAppWorld } from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();

test.skipIf(library === null)(
  'the owner writes to himself and is answered there, once; his friends are left alone',
  async () => {
    const world = await openWhatsAppWorld(library as Baileys, { env: { WHATSAPP_ALLOWED_USERS: BOT } });
    const { whatsApp } = world;
    const [owner, friend] = [whatsApp.person(BOT), whatsApp.person(MALLORY)];
    whatsApp.say({ from: friend, text: 'dinner tonight?' });
    whatsApp.say({ from: owner, text: 'hello me' });
    await world.reply((text) => text === 'You said: hello me', owner);
    whatsApp.say({ from: owner, text: 'and again' });
    await world.reply((text) => text === 'You said: and again', owner);
    expect(world.texts(owner)).toEqual(['You said: hello me', 'You said: and again']);
    expect(world.texts(friend)).toEqual([]);
    expect((await world.gateway.call('GET', '/api/pairings')).body.pending).toEqual([]);
    expect(world.gateway.agent?.stats().runs).toHaveLength(2);
  },
);

test.skipIf(library === null)(
  'an owner who was paired in the chat with himself is no less left alone with his friends',
  async () => {
    const world = await openWhatsAppWorld(library as Baileys, { env: { WHATSAPP_ALLOWED_USERS: '' } });
    const { whatsApp, gateway } = world;
    const [owner, friend] = [whatsApp.person(BOT), whatsApp.person(MALLORY)];
    whatsApp.say({ from: owner, text: 'hello me' });
    await world.reply((text) => text.includes('code'), owner);
    const { body } = await gateway.call('GET', '/api/pairings');
    await gateway.call('POST', `/api/pairings/${body.pending[0].code}/approve`, { body: { role: 'owner' } });
    whatsApp.say({ from: friend, text: 'dinner tonight?' });
    whatsApp.say({ from: owner, text: 'hello again' });
    await world.reply((text) => text === 'You said: hello again', owner);
    expect(world.texts(friend)).toEqual([]);
  },
);
