/** Notifications: switched on and off in the page, shown by the service worker while nobody looks, and led back to the place. */
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

/** The browser's push service is not reached from here: what it answers. */
const SUBSCRIPTION = `
  Notification.requestPermission = async () => 'granted';
  const subscription = {
    options: { applicationServerKey: null },
    unsubscribe: async () => true,
    toJSON: () => ({
      endpoint: 'https://fcm.googleapis.com/fcm/send/of-this-test',
      keys: { p256dh: 'B' + 'a'.repeat(86), auth: 'a'.repeat(22) },
    }),
  };
  PushManager.prototype.subscribe = async () => subscription;
  PushManager.prototype.getSubscription = async () => subscription;`;

/** In the service worker: a click on what is shown. */
const CLICK = `(async () => {
  const [notification] = await registration.getNotifications();
  let work = Promise.resolve();
  const event = new NotificationEvent('notificationclick', { notification });
  Object.defineProperty(event, 'waitUntil', { value: (promise) => { work = promise; } });
  dispatchEvent(event);
  await work.catch(() => undefined); // to the front the browser lets a person's own click bring it alone
})()`;
/** A window that only a person's click may open. */
const WINDOWS = `globalThis.opened = []; Clients.prototype.openWindow = async (path) => void opened.push(path)`;

describe.skipIf(!requireTool('chromium'))('notifications', () => {
  test('are off, are switched on with and without words, and off again', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    const { page, faults } = await moby.openPage();
    await page.addInitScript(SUBSCRIPTION);
    await page.reload();
    await page.getByRole('link', { name: 'Settings' }).click();
    const here = page.getByLabel('In this browser');
    const list = async () => {
      const headers = { authorization: `Bearer ${moby.token()}` };
      const answer = await fetch(`${moby.address}/api/push`, { headers });
      return ((await answer.json()) as { items: { name: string; content: boolean }[] }).items;
    };
    await here.waitFor();
    expect(await here.isChecked()).toBe(false);
    expect(await list()).toEqual([]);
    await here.click();
    await page.getByLabel('With the words of it').waitFor();
    expect(await list()).toMatchObject([{ name: 'Chrome on Linux', content: false }]);
    await page.getByLabel('With the words of it').click();
    await until('with words', async () => (await list())[0]?.content === true);
    await here.click();
    await until('none', async () => (await list()).length === 0);
    expect(faults).toEqual([]);
  }, 240_000);

  test('are shown while the page is not looked at, and not while it is; a click leads to the conversation', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    const { page } = await moby.openPage();
    const context = page.context();
    await context.grantPermissions(['notifications'], { origin: moby.address });
    const devtools = await context.newCDPSession(page);
    const registered = new Promise<string>((resolve) =>
      devtools.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
        const active = versions.find(({ status }) => status === 'activated');
        if (active) resolve(active.registrationId);
      }),
    );
    await devtools.send('ServiceWorker.enable');
    const registrationId = await registered;
    const push = (id: string) =>
      devtools.send('ServiceWorker.deliverPushMessage', {
        origin: moby.address,
        registrationId,
        data: JSON.stringify({ kind: 'question', session: 'web:plants', id, text: 'May I?' }),
      });
    const shown = (): Promise<string[]> =>
      page.evaluate(
        'navigator.serviceWorker.ready.then((it) => it.getNotifications()).then((all) => all.map(({ tag, title, body }) => [tag, title, body].join("|")))',
      );
    await page.bringToFront();
    await push('in-front');
    await page.goto('about:blank');
    await push('away');
    await page.goto(moby.address);
    await until('the notification', async () => (await shown()).length > 0);
    expect(await shown()).toEqual(['away|Moby has a question|May I?']);
    const [worker] = context.serviceWorkers();
    await page.locator('.composer').waitFor();
    await worker?.evaluate(CLICK);
    await page.waitForURL('**/#/chat/web%3Aplants');
    await page.goto('about:blank');
    await push('without a page');
    await until('the notification', async () =>
      worker?.evaluate<boolean>('registration.getNotifications().then((all) => all.length > 0)'),
    );
    await worker?.evaluate(WINDOWS);
    await worker?.evaluate(CLICK);
    expect(await worker?.evaluate('opened')).toEqual(['/#/chat/web%3Aplants']);
  }, 240_000);
});
