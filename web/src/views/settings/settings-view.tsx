/** Browsers that are let in, tokens of programs, and which version this is. */
import type { TokenView } from '@mobyclaw/protocol/token';
import { signal } from '@preact/signals';
import { ask, messageOf } from '../../data/api.ts';
import { login, logOut } from '../../data/login.ts';
import { live } from '../../data/page.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { dayText, shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { Notifications } from './notifications.tsx';

const problem = signal<string | null>(null);

export function SettingsView() {
  const tokens = useResource<{ items: TokenView[] }>('/api/tokens', ['tokens']);
  const items = tokens.value.value?.items;
  return (
    <>
      <ViewHeader title={<h1>{t.settings.title}</h1>} />
      <div class="sheet">
        {tokens.problem.value !== null && (
          <Problem text={tokens.problem.value} onRetry={() => void tokens.refresh()} />
        )}
        {problem.value !== null && <Problem text={problem.value} />}
        <section>
          <h2>{t.settings.browsers}</h2>
          <p class="quiet">{t.settings.browsersAbout}</p>
          {items ? <List items={items.filter((one) => one.expiresAt !== undefined)} /> : <Loading />}
        </section>
        <Notifications />
        <section>
          <h2>{t.settings.tokens}</h2>
          <p class="quiet">{t.settings.tokensAbout}</p>
          {items && <List items={items.filter((one) => one.expiresAt === undefined)} />}
        </section>
        <section>
          <h2>{t.settings.about}</h2>
          <p>
            {t.settings.version} {live.version.value ?? login.value?.version ?? ''}
          </p>
          <p class="quiet">{t.settings.api}</p>
          <p>
            <a href={hrefOf('start')}>{t.start.again}</a>
          </p>
        </section>
      </div>
    </>
  );
}

function List({ items }: { items: readonly TokenView[] }) {
  if (items.length === 0) return <p class="quiet">{t.settings.noTokens}</p>;
  return (
    <ul class="rows">
      {items.map((item) => (
        <Row key={item.id} item={item} />
      ))}
    </ul>
  );
}

function Row({ item: { id, name, scope, createdAt, lastUsedAt, expiresAt } }: { item: TokenView }) {
  const isBrowser = expiresAt !== undefined;
  const isThis = login.value?.id === id;
  return (
    <li>
      <div class="row-text">
        <strong>{name}</strong>{' '}
        <span class="tag">{isThis ? t.settings.thisBrowser : isBrowser ? '' : scope}</span>
        <span class="quiet">
          {isBrowser ? t.settings.let : t.settings.made} {dayText(createdAt)} ·{' '}
          {lastUsedAt === undefined ? t.settings.never : `${t.settings.lastUsed} ${shortTime(lastUsedAt)}`}
        </span>
      </div>
      {name !== 'cli' && (
        <button type="button" class="button" onClick={() => void end(id, isThis)}>
          {isBrowser ? t.settings.logOut : t.settings.revoke}
        </button>
      )}
    </li>
  );
}

async function end(id: string, isThis: boolean): Promise<void> {
  problem.value = null;
  try {
    if (isThis) await logOut();
    else await ask(`/api/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
  } catch (error) {
    problem.value = messageOf(error);
  }
}
