/** Starts the page: lets this browser in if its address has a code, shows what there is, begins to listen. */
import { render } from 'preact';
import { App } from './app.tsx';
import { logIn, openAsBefore, takeCode } from './data/login.ts';
import { startPage } from './data/page.ts';
import { watchRoute } from './data/route.ts';

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}
type Policies = { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy };

// A notification was clicked; said before anything is waited for, so that no click is lost.
navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ show?: unknown }>) => {
  if (typeof data.show === 'string' && data.show.startsWith('#/')) location.hash = data.show;
});

const code = takeCode(location, history);
watchRoute();
openAsBefore(code);
const root = document.getElementById('app');
if (root) render(<App />, root);
await logIn(code);
await startPage();
// A code that is typed into an open page counts too.
addEventListener('hashchange', () => {
  const typed = takeCode(location, history);
  if (typed !== null) void logIn(typed);
});

/** The browser takes the address of a worker from a policy alone (require-trusted-types-for); ours is this one address. */
if ('serviceWorker' in navigator) {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  const worker = policies?.createPolicy('worker', { createScriptURL: () => '/sw.js' }).createScriptURL('');
  navigator.serviceWorker.register(worker ?? '/sw.js').catch(() => undefined); // without it only an offline start and notifications are missing
}
