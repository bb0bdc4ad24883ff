/** Asks what is wrong with a soul.yaml while it is typed: when the typing rests, and never an answer to an older text. */
import type { SoulCheck } from '@mobyclaw/protocol/soul';
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../../data/api.ts';

const TYPING_MS = 350;

type Checked = { problems: SoulCheck['problems']; by: SoulCheck['by'] | null };

/** `by` null: not known yet, or nobody could be asked; saving says it then. */
export function useSoulCheck(text: string): Checked {
  const [checked, setChecked] = useState<Checked>({ problems: [], by: null });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      ask<SoulCheck>('/api/soul/check', { method: 'POST', body: { text }, signal: abort.signal }).then(
        setChecked,
        () => {
          if (!abort.signal.aborted) setChecked({ problems: [], by: null });
        },
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return checked;
}
