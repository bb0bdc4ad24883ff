/** While the page is open: how many questions wait stands in its title, and a new one is told to a screen reader. */
import { effect } from '@preact/signals';
import { openQuestions } from '../../data/questions.ts';
import { t } from '../../texts.ts';
import { spoken } from '../speaker.ts';

/** @returns ends it */
export function watchQuestions(): () => void {
  const leave = openQuestions.use();
  let known: ReadonlySet<string> | null = null;
  const stop = effect(() => {
    const items = openQuestions.value.value?.items;
    if (!items) return;
    document.title = items.length === 0 ? t.moby : `(${items.length}) ${t.moby}`;
    const fresh = items.find(({ id }) => known?.has(id) === false);
    if (fresh) spoken.value = t.questions.asks(fresh.title);
    known = new Set(items.map(({ id }) => id));
  });
  return () => {
    stop();
    leave();
    document.title = t.moby;
  };
}
