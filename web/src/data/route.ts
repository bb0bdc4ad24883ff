/** Where in the page one is, as its address says it: `#/chat/web:main`. The server sees none of it. */
import { signal } from '@preact/signals';

export interface Route {
  view: string;
  /** What of the view; '' for its beginning. */
  rest: string;
}

export function readRoute(hash: string): Route {
  const [, view = 'chat', rest = ''] = /^#\/([\w-]+)(?:\/(.*))?$/.exec(hash) ?? [];
  try {
    return { view, rest: decodeURIComponent(rest) };
  } catch {
    return { view, rest: '' };
  }
}

export function hrefOf(view: string, rest = ''): string {
  return `#/${view}${rest === '' ? '' : `/${encodeURIComponent(rest)}`}`;
}

export const route = signal<Route>({ view: 'chat', rest: '' });

export function watchRoute(): void {
  const read = (): void => {
    route.value = readRoute(location.hash);
  };
  addEventListener('hashchange', read);
  read();
}

export function go(view: string, rest = ''): void {
  location.hash = hrefOf(view, rest);
}
