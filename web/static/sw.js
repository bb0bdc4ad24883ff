/**
 * Keeps the shell of the page, so that it opens without a connection; never anything of the API. Shows notifications. What is named by its content
 * is taken from here first; the page itself from the gateway, and from here only where that cannot be reached.
 */
const CACHE = 'moby-NAME';
const SHELL = 'SHELL';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(['/', ...SHELL]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(old());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname === '/') event.respondWith(fetch(request).catch(() => caches.match('/')));
  else if (url.pathname.startsWith('/assets/'))
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});

/** Something for the owner, encrypted on the way here. While he looks at the page it shows it itself. */
self.addEventListener('push', (event) => {
  event.waitUntil(notify(event.data?.json() ?? {}));
});

async function notify({ kind, session, id, text }) {
  const pages = await self.clients.matchAll({ type: 'window' });
  if (pages.some((page) => page.visibilityState === 'visible' && page.focused)) return;
  const title = kind === 'question' ? 'Moby has a question' : 'Moby has something for you';
  await self.registration.showNotification(title, {
    body: text,
    tag: id,
    icon: '/icon-192.png',
    badge: '/icon-192.png',
    data: { hash: session === undefined ? '' : `#/chat/${encodeURIComponent(session)}` },
  });
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.hash ?? ''));
});

async function show(hash) {
  const [page] = await self.clients.matchAll({ type: 'window' });
  if (!page) {
    await self.clients.openWindow(`/${hash}`);
    return;
  }
  page.postMessage({ show: hash });
  await page.focus();
}
