/** The head of a view: the way to the menu on a phone, what it is called, what can be done. */
import type { ComponentChildren } from 'preact';
import { openCount } from '../data/questions.ts';
import { t } from '../texts.ts';
import { drawerOpen } from './drawer.ts';
import { Icon } from './icon.tsx';

export function ViewHeader({ title, children }: { title: ComponentChildren; children?: ComponentChildren }) {
  const waiting = openCount.value;
  return (
    <header class="view-header">
      <button
        type="button"
        class="icon-button only-narrow"
        aria-label={waiting === 0 ? t.menu : `${t.menu}, ${t.questions.badge(waiting)}`}
        aria-expanded={drawerOpen.value}
        onClick={() => {
          drawerOpen.value = true;
        }}
      >
        <Icon name="menu" />
        {waiting > 0 && <span class="dot" />}
      </button>
      <div class="view-title">{title}</div>
      {children}
    </header>
  );
}
