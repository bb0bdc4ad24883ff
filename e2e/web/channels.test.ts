/** What an owner does with channels: looks how they are, lets people in and out, opens a group, scans WhatsApp's code. */
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';
import { picture } from './picture.ts';

afterAll(closeBrowser);

const ALICE = { id: 42, first_name: 'Alice', username: 'alice' };
const MALLORY = { id: 666, first_name: 'Alice\u202E<b>' };
const GROUP = -100500;

describe.skipIf(!requireTool('chromium'))('channels', () => {
  test('strangers are let in and turned away, somebody is shut out, a group is closed; all of it live', async () => {
    const telegram = await startFakeTelegram();
    onTestFinished(() => telegram.close());
    telegram.chats.groups.set(GROUP, 'Family');
    const env = { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url };
    const moby = await startMoby(() => ({ text: ['Hello.'] }), { env });
    const { page, faults } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Channels');
    await page.keyboard.press('Enter');
    const channel = page.locator('.channel', { hasText: 'Telegram' });
    await channel.getByText('connected', { exact: true }).waitFor();
    telegram.say({ chat: ALICE.id, from: ALICE, text: 'hello' });
    const alice = page.locator('.pending', { hasText: '42' });
    await alice.getByText('left').waitFor();
    telegram.say({ chat: MALLORY.id, from: MALLORY, text: 'let me in' });
    const mallory = page.locator('.pending', { hasText: '666' });
    await mallory.waitFor();
    expect(await mallory.locator('bdi').textContent()).toBe('Alice<b>');
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'channels');
    await alice.getByRole('button', { name: /As an owner/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /He may command Moby/ }).waitFor();
    await page.keyboard.press('Enter');
    const person = page.locator('.rows li', { hasText: 'owner' }).filter({ hasText: '42' });
    await person.waitFor();
    await mallory.getByRole('button', { name: 'Reject' }).click();
    await mallory.waitFor({ state: 'detached' });
    const { body } = await moby.call('GET', '/api/pairings');
    expect(body).toMatchObject({ pending: [], people: [{ user: '42', role: 'owner' }] });
    await moby.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, { mention: true });
    const group = page.locator('.rows li', { hasText: `telegram:group:${GROUP}` });
    await group.getByRole('button', { name: 'Answer everything' }).click();
    await group.getByText('He answers everything').waitFor();
    await group.getByRole('button', { name: 'Close' }).click();
    await group.getByRole('button', { name: 'Answer everything' }).waitFor({ state: 'detached' });
    await person.getByRole('button', { name: /Shut out/ }).click();
    await person.getByRole('button', { name: /for good/ }).click();
    await person.waitFor({ state: 'detached' });
    await until('nobody', async () => (await moby.call('GET', '/api/pairings')).body.people.length === 0);
    expect(faults).toEqual([]);
  }, 240_000);

  test('WhatsApp’s code is drawn, and the next one in its place; on a phone, in the dark', async () => {
    const moby = await startMoby(() => ({ text: ['Hello.'] }));
    const { page, faults } = await moby.openPage(DARK_PHONE);
    // WhatsApp itself cannot be had here, so what the gateway would say of it is said by the test.
    let qr = '2@first';
    const since = new Date().toISOString();
    await page.route('**/api/channels', (route) =>
      route.fulfill({
        json: {
          items: [
            {
              channel: 'whatsapp',
              state: 'connecting',
              since,
              fatal: false,
              waiting: 0,
              connects: 1,
              login: { qr, expiresAt: new Date(Date.now() + 20_000).toISOString() },
            },
          ],
          trouble: [],
        },
      }),
    );
    await page.goto(`${moby.address}/#/channels`);
    const code = page.getByRole('img', { name: 'QR code for WhatsApp' });
    await code.waitFor();
    const drawn = (): Promise<string | null> => code.locator('path').last().getAttribute('d');
    const first = await drawn();
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'whatsapp-phone');
    qr = '2@second';
    await page.reload();
    await code.waitFor();
    expect(await drawn()).not.toBe(first);
    expect(faults).toEqual([]);
  }, 240_000);
});
