/** All conversations, of all channels, the last used first; and the search over what was said in them. */
import type { SearchHit, SessionView } from '@mobyclaw/protocol/session';
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { live } from '../../data/page.ts';
import { go, hrefOf, route } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { HOME, nameOf, newConversationKey, platformName } from './conversation-name.ts';

const TYPING_MS = 180; // a search for each key would be one for each letter
const MORE = 50;

const shownCount = signal(MORE);

export function ConversationList() {
  const [query, setQuery] = useState('');
  return (
    <section class="conversations" aria-label={t.chats.title}>
      <div class="find">
        <label>
          <Icon name="search" />
          <input
            type="search"
            placeholder={t.chats.search}
            aria-label={t.chats.search}
            value={query}
            onInput={({ currentTarget }) => setQuery(currentTarget.value)}
          />
        </label>
        <button
          type="button"
          class="icon-button"
          aria-label={t.chats.new}
          title={t.chats.new}
          onClick={() => go('chat', newConversationKey())}
        >
          <Icon name="plus" />
        </button>
      </div>
      {query.trim() === '' ? <Sessions /> : <Hits query={query.trim()} />}
    </section>
  );
}

function Sessions() {
  const count = shownCount.value;
  const sessions = useResource<{ items: SessionView[] }>(`/api/sessions?limit=${count}`, [
    'sessions',
    'turns',
  ]);
  const items = sessions.value.value?.items;
  const { view, rest } = route.value;
  const current = view === 'chat' ? rest.replace(/\/\d+$/, '') || HOME : null;
  if (!items)
    return sessions.problem.value === null ? (
      <Loading />
    ) : (
      <Problem text={sessions.problem.value} onRetry={() => void sessions.refresh()} />
    );
  if (items.length === 0) return <p class="quiet pad">{t.chats.none}</p>;
  return (
    <ul class="session-list">
      {items.map((session) => (
        <SessionRow key={session.key} session={session} isCurrent={session.key === current} />
      ))}
      {items.length === count && (
        <li>
          <button
            type="button"
            class="link pad"
            onClick={() => {
              shownCount.value += MORE;
            }}
          >
            {t.chats.more}
          </button>
        </li>
      )}
    </ul>
  );
}

function SessionRow({ session, isCurrent }: { session: SessionView; isCurrent: boolean }) {
  const { key, lastActiveAt } = session;
  const open = live.turns.value.filter((turn) => turn.session === key && turn.ending.value === null);
  const runs = open.some(({ started }) => started.value);
  return (
    <li>
      <a href={hrefOf('chat', key)} aria-current={isCurrent ? 'true' : undefined}>
        <span class="session-name" dir="auto">
          {nameOf(key, session)}
        </span>
        <span class="session-about">
          {!key.startsWith('web:') && <span class="tag">{platformName(key)}</span>}
          {open.length > 0 ? (
            <span class="busy">
              <span class="pulse" /> {runs ? t.chats.running : t.chats.waiting(open.length)}
            </span>
          ) : (
            <time dateTime={lastActiveAt}>{shortTime(lastActiveAt)}</time>
          )}
        </span>
      </a>
    </li>
  );
}

function Hits({ query }: { query: string }) {
  const [found, setFound] = useState<{ query: string; hits: SearchHit[] } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const path = `/api/history/search?limit=50&q=${encodeURIComponent(query)}`;
        const { items } = await ask<{ items: SearchHit[] }>(path, { signal: abort.signal });
        setFound({ query, hits: items });
        setProblem(null);
      } catch (error) {
        if (!abort.signal.aborted) setProblem(messageOf(error));
      }
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query]);
  if (problem !== null) return <Problem text={problem} />;
  if (found === null) return <p class="quiet pad">{t.chats.searching}</p>;
  if (found.hits.length === 0) return <p class="quiet pad">{t.chats.nothingFound}</p>;
  return (
    <>
      <p class="quiet pad" role="status">
        {t.chats.found(found.hits.length)}
      </p>
      <ul class="session-list">
        {found.hits.map((hit) => (
          <li key={hit.id}>
            <a href={hrefOf('chat', `${hit.session}/${hit.id}`)}>
              <span class="snippet" dir="auto">
                <Snippet text={hit.snippet} />
              </span>
              <span class="session-about">
                {hit.role === 'user' ? t.chat.you : t.moby} · {platformName(hit.session)} ·{' '}
                <time dateTime={hit.at}>{shortTime(hit.at)}</time>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The passage with what was searched for marked; the gateway puts « » around it. */
function Snippet({ text }: { text: string }) {
  return (
    <>
      {text
        .split(/(«[^»]*»)/)
        .map((part, index) => (part.startsWith('«') ? <mark key={index}>{part.slice(1, -1)}</mark> : part))}
    </>
  );
}
