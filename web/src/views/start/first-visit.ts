/** Leads whoever has never spoken with him to the first steps, once. */
import type { SessionView } from '@mobyclaw/protocol/session';
import { useSignalEffect } from '@preact/signals';
import { go } from '../../data/route.ts';
import { useResource } from '../../ui/use-resource.ts';

const SEEN = 'start';

export function useFirstVisit(): void {
  const sessions = useResource<{ items: SessionView[] }>('/api/sessions?limit=1', ['sessions']);
  useSignalEffect(() => {
    const { value } = sessions.value;
    if (value === null || isSeen()) return;
    markSeen();
    if (value.items.length === 0 && location.hash === '') go('start');
  });
}

function isSeen(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true; // a browser that keeps nothing would be led there each time
  }
}

function markSeen(): void {
  try {
    localStorage.setItem(SEEN, 'seen');
  } catch {
    // as above
  }
}
