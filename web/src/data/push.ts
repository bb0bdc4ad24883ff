/** Notifications of this browser, by its push service. The gateway is told the address, the service worker shows what comes. */
import type { PushList, PushView } from '@mobyclaw/protocol/push';
import { ask } from './api.ts';

/** Whether this browser can be notified at all: https or localhost, and on an iPhone only from the home screen. */
export function canBeNotified(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
}

/** Asks the person, then the browser's push service. @throws Error with what to do */
export async function switchOn({ publicKey }: PushList, content: boolean, denied: string): Promise<PushView> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error(denied);
  const worker = await navigator.serviceWorker.ready;
  const known = await worker.pushManager.getSubscription();
  if (known && !isBy(known, publicKey)) await known.unsubscribe(); // of a gateway with other keys
  const { endpoint, keys } = (
    await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
  ).toJSON();
  return ask<PushView>('/api/push', { method: 'POST', body: { endpoint, keys, content } });
}

export async function switchOff({ id, thisBrowser }: PushView): Promise<void> {
  await ask(`/api/push/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (!thisBrowser || !canBeNotified()) return;
  const worker = await navigator.serviceWorker.ready;
  await (await worker.pushManager.getSubscription())?.unsubscribe();
}

function isBy({ options }: PushSubscription, publicKey: string): boolean {
  const key = options.applicationServerKey;
  if (key === null) return false;
  const base64 = btoa(String.fromCharCode(...new Uint8Array(key)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') === publicKey;
}
