import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { isUp, openWhatsAppWorld } from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();
const PATH = '/api/channels/whatsapp/login';

describe.skipIf(library === null)('the login by the API', () => {
  test('brings a channel back that has stopped, with a code to scan', async () => {
    const { whatsApp, gateway } = await openWhatsAppWorld(library as Baileys);
    whatsApp.streamError('device_removed');
    await until(
      'the channel to stop',
      async () => (await gateway.call('GET', PATH)).body.state === 'stopped',
    );
    expect((await gateway.call('POST', PATH, { body: {} })).status).toBe(202);
    const login = await until('the code', async () => (await gateway.call('GET', PATH)).body.login);
    whatsApp.scan(login.qr);
    await isUp({ gateway });
  });

  test('leaves a channel alone that is connected, unless a new login is asked for', async () => {
    const { whatsApp, gateway } = await openWhatsAppWorld(library as Baileys);
    expect((await gateway.call('POST', PATH, { body: {} })).body).toMatchObject({ state: 'up' });
    expect(whatsApp.connects).toBe(1);
    expect((await gateway.call('POST', PATH, { body: { anew: true } })).status).toBe(202);
    const login = await until('the code', async () => (await gateway.call('GET', PATH)).body.login);
    expect(login.qr).toContain('wa.me');
    expect(existsSync(join(gateway.home, 'gateway/channels/whatsapp/login.db'))).toBe(true);
  });

  test('is refused where there is nothing to log in to', async () => {
    const gateway = await openHarness();
    expect((await gateway.call('POST', PATH, { body: {} })).status).toBe(409);
    expect((await gateway.call('POST', '/api/channels/slack/login', { body: {} })).status).toBe(400);
  });
});
