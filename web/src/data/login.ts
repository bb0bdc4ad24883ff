/** Getting in: the code of `./mobyclaw open` is in the part of the address that no server sees, and is used once. */
import type { PageLoginView } from '@mobyclaw/protocol/page-login';
import { signal } from '@preact/signals';
import { ApiError, ask, loggedIn, messageOf, OfflineError } from './api.ts';

/** This browser's own login, once it is known. */
export const login = signal<PageLoginView | null>(null);
/** Why a code did not let in. */
export const loginProblem = signal<string | null>(null);

/** Takes a code out of the address before anything else happens, so that it stays in no history and no bookmark. */
export function takeCode(
  place: Pick<Location, 'hash' | 'pathname'>,
  history: Pick<History, 'replaceState'>,
): string | null {
  const code = /^#login=([\w-]+)$/.exec(place.hash)?.[1] ?? null;
  if (place.hash.startsWith('#login=')) history.replaceState(null, '', place.pathname);
  return code;
}

const WAS_IN = 'was-in';

/**
 * Whoever was let in the last time sees the page at once, while the gateway is asked whether that still counts: its first
 * refusal of anything shows how to get in. Only remembers that; what lets in is the cookie. With a code it is waited for.
 */
export function openAsBefore(code: string | null): void {
  try {
    if (code === null && localStorage.getItem(WAS_IN) !== null) loggedIn.value = true;
  } catch {
    // a browser that keeps nothing is asked about first
  }
  loggedIn.subscribe((isIn) => {
    try {
      if (isIn) localStorage.setItem(WAS_IN, 'yes');
      else if (isIn === false) localStorage.removeItem(WAS_IN);
    } catch {
      // as above
    }
  });
}

/** Never rejects. Without a connection the page opens as it was, if it was let in before. */
export async function logIn(code: string | null): Promise<void> {
  try {
    login.value =
      code === null
        ? await ask<PageLoginView>('/api/login')
        : await ask<PageLoginView>('/api/login', { method: 'POST', body: { code } });
    loggedIn.value = true;
  } catch (error) {
    if (error instanceof OfflineError) loggedIn.value = true;
    else {
      loggedIn.value = false;
      // Without a code it only says that there is no cookie.
      if (code !== null || !(error instanceof ApiError && error.status === 401))
        loginProblem.value = messageOf(error);
    }
  }
}

/** @throws ApiError, OfflineError */
export async function logOut(): Promise<void> {
  await ask('/api/login', { method: 'DELETE' });
  loggedIn.value = false;
}
