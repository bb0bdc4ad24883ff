/** WhatsApp names people by a hidden id until the number behind it becomes known: that is one person all the time. */
import { expect, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { BOB, openWhatsAppWorld } from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const CODE = /code is \*([A-HJKMNP-Z2-9]{8})/;
const library = await whatsAppLibrary();

test.skipIf(library === null)(
  'who was let in by a hidden id goes on under the number: conversation, permission, schedules',
  async () => {
    const world = await openWhatsAppWorld(library as Baileys);
    const { whatsApp, gateway } = world;
    const bob = whatsApp.person(BOB);
    whatsApp.say({ from: bob, text: 'let me in', hidden: 'alone' });
    const [, code = ''] = CODE.exec(await world.reply((text) => CODE.test(text), bob)) ?? [];
    await gateway.call('POST', `/api/pairings/${code}/approve`, { body: {} });
    whatsApp.say({ from: bob, text: 'the safe is behind the mirror', hidden: 'alone' });
    await world.reply((text) => text === 'You said: the safe is behind the mirror', bob);
    const job = { name: 'tea', at: '2100-01-01T09:00', message: 'Tea.', channel: `whatsapp:dm:${bob.lid}` };
    const { id } = (await gateway.call('POST', '/api/jobs', { body: job })).body;

    whatsApp.say({ from: bob, text: 'where is it?', hidden: 'with-number' });
    await world.reply((text) => text === 'You said: where is it?', bob);
    await gateway.call('POST', `/api/jobs/${id}/run`);
    await world.reply((text) => text === 'Tea.', bob);
    const channel = `whatsapp:dm:${bob.jid}`;
    expect((await gateway.call('GET', `/api/jobs/${id}`)).body.channel).toBe(channel);
    expect((await gateway.call('GET', '/api/sessions')).body.items).toMatchObject([{ key: channel }]);
    const { people } = (await gateway.call('GET', '/api/pairings')).body;
    expect(people).toMatchObject([{ user: BOB, role: 'guest', channel }]);
    const runs = gateway.agent?.stats().runs ?? [];
    expect(new Set(runs.map(({ session }) => session)).size).toBe(1);
    whatsApp.say({ from: bob, text: 'and again', hidden: 'alone' });
    await world.reply((text) => text === 'You said: and again', bob);
    expect(world.texts(bob).filter((text) => CODE.test(text))).toHaveLength(1);
  },
);
