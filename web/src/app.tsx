/** The page: whoever is not let in sees how to get in; everybody else the menu and one view. */
import { useEffect } from 'preact/hooks';
import { loggedIn } from './data/api.ts';
import { line } from './data/page.ts';
import { hrefOf, route } from './data/route.ts';
import { t } from './texts.ts';
import { drawerOpen } from './ui/drawer.ts';
import { Icon } from './ui/icon.tsx';
import { watchQuestions } from './ui/question/watch-questions.ts';
import { spoken } from './ui/speaker.ts';
import { Loading } from './ui/view-state.tsx';
import { ConversationList } from './views/chat/conversation-list.tsx';
import { LoginView } from './views/login/login-view.tsx';
import { VIEWS, type View, viewComponent } from './views/registry.ts';
import { useFirstVisit } from './views/start/first-visit.ts';

export function App() {
  if (loggedIn.value === null) return <div class="splash" aria-busy="true" />;
  if (!loggedIn.value) return <LoginView />;
  return <Shell />;
}

function Shell() {
  const { view, rest } = route.value;
  useFirstVisit();
  useEffect(() => {
    drawerOpen.value = false;
  }, [view, rest]);
  useEffect(() => watchQuestions(), []);
  const open = drawerOpen.value;
  return (
    <div class={`shell${open ? ' drawer-open' : ''}`}>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        {t.skip}
      </button>
      <aside class="side" onKeyDown={(event) => event.key === 'Escape' && closeDrawer()}>
        <div class="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>{t.moby}</span>
          <button type="button" class="icon-button only-narrow" aria-label={t.close} onClick={closeDrawer}>
            <Icon name="close" />
          </button>
        </div>
        <nav class="views" aria-label={t.menu}>
          {VIEWS.filter(({ isHidden }) => !isHidden).map(({ name, title, icon, badge }) => (
            <a key={name} href={hrefOf(name)} aria-current={view === name ? 'page' : undefined}>
              <Icon name={icon} /> {title} {badge && <Badge {...badge} />}
            </a>
          ))}
        </nav>
        <ConversationList />
      </aside>
      {open && <div class="backdrop" onClick={closeDrawer} aria-hidden="true" />}
      <main id="content" tabIndex={-1} inert={open}>
        <LineBanner />
        <CurrentView />
      </main>
      <div class="unseen" aria-live="polite" aria-atomic="true">
        {spoken}
      </div>
    </div>
  );
}

function CurrentView() {
  const { view: name, rest } = route.value;
  const view = VIEWS.find((one) => one.name === name) ?? VIEWS[0];
  if (!view) return null;
  const Component = viewComponent(view);
  if (Component === 'gone')
    return (
      <p class="problem" role="alert">
        {t.viewGone}{' '}
        <button type="button" class="link" onClick={() => location.reload()}>
          {t.reload}
        </button>
      </p>
    );
  return Component ? <Component rest={rest} /> : <Loading />;
}

function Badge({ count, label }: NonNullable<View['badge']>) {
  if (count.value === 0) return null;
  return (
    <span class="badge">
      <span aria-hidden="true">{count.value}</span>
      <span class="unseen">{label(count.value)}</span>
    </span>
  );
}

function LineBanner() {
  return line.state.value === 'broken' ? (
    <p class="banner" role="status">
      {t.line.broken}
    </p>
  ) : null;
}

function closeDrawer(): void {
  drawerOpen.value = false;
}
