/** A conversation: its history, what is being said, and where to write. `rest` is its key, and perhaps a message to go to. */
import type { Context, SessionView } from '@mobyclaw/protocol/session';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { live, openConversation, outbox } from '../../data/page.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { SentenceReader, spoken } from '../../ui/speaker.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Problem } from '../../ui/view-state.tsx';
import { beginAnew, rename, send } from './actions.ts';
import { Asked, useAsked } from './asked-in.tsx';
import { actionProblem } from './chat-state.ts';
import { Composer } from './composer.tsx';
import { HOME, isAnsweredHere, nameOf, platformName } from './conversation-name.ts';
import { dollars } from './dollars.ts';
import { itemsOf } from './items.ts';
import { MessageList } from './message-list.tsx';

export function ChatView({ rest }: { rest: string }) {
  const [, session = HOME, target] = /^(.+?)(?:\/(\d+))?$/.exec(rest) ?? [];
  // Each conversation has a view of its own, so that nothing of one is shown in another.
  return (
    <ConversationView key={session} session={session} target={target === undefined ? null : Number(target)} />
  );
}

function ConversationView({ session, target }: { session: string; target: number | null }) {
  const conversation = useMemo(() => openConversation(session), [session]);
  useEffect(() => () => conversation.close(), [conversation]);
  const turns = live.turns.value.filter((turn) => turn.session === session);
  const running = turns.find(({ started, ending }) => started.value && ending.value === null) ?? null;
  const { items, seen } = itemsOf({
    messages: conversation.messages.value,
    turns,
    entries: outbox.entries.value.filter((entry) => entry.session === session),
    accepted: outbox.accepted.value.filter(({ entry }) => entry.session === session),
    atEnd: conversation.atEnd.value,
  });
  useEffect(() => outbox.forget(seen), [seen.size > 0]);
  useSpeech(running);
  const asked = useAsked(session);
  const isEmpty = items.length === 0 && !conversation.loading.value;
  return (
    <div class="chat">
      <Head session={session} />
      {actionProblem.value !== null && <Problem text={actionProblem.value} />}
      {isEmpty && conversation.problem.value === null && isAnsweredHere(session) ? (
        <Greeting session={session} />
      ) : (
        <Asked.Provider value={asked}>
          <MessageList conversation={conversation} items={items} target={target} />
        </Asked.Provider>
      )}
      {isAnsweredHere(session) ? (
        <Composer session={session} running={running} />
      ) : (
        <p class="read-only">{t.chat.readOnly(platformName(session))}</p>
      )}
    </div>
  );
}

function Head({ session }: { session: string }) {
  const sessions = useResource<{ items: SessionView[] }>('/api/sessions?limit=50', ['sessions', 'turns']);
  const known = sessions.value.value?.items.find(({ key }) => key === session);
  const [title, setTitle] = useState<string | null>(null);
  const name = nameOf(session, known);
  if (title !== null)
    return (
      <ViewHeader
        title={
          <form
            class="rename"
            onSubmit={async (event) => {
              event.preventDefault();
              if (await rename(session, title)) setTitle(null);
            }}
          >
            <input
              aria-label={t.chat.renameLabel}
              maxLength={120}
              dir="auto"
              value={title}
              ref={(node) => node?.focus()}
              onInput={({ currentTarget }) => setTitle(currentTarget.value)}
              onKeyDown={(event) => event.key === 'Escape' && setTitle(null)}
            />
            <button type="submit" class="button primary">
              {t.save}
            </button>
          </form>
        }
      />
    );
  return (
    <ViewHeader
      title={
        <>
          <h1 dir="auto">{name}</h1>
          {!session.startsWith('web:') && <span class="tag">{platformName(session)}</span>}
          {known?.context && <Fullness context={known.context} />}
          {known && <Spent session={session} />}
        </>
      }
    >
      {known && (
        <div class="head-actions">
          <button
            type="button"
            class="icon-button"
            aria-label={t.chat.rename}
            title={t.chat.rename}
            onClick={() => setTitle(known.title ?? '')}
          >
            <Icon name="pencil" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label={t.chat.reset}
            title={`${t.chat.reset}. ${t.chat.resetTitle}`}
            onClick={() => void beginAnew(session)}
          >
            <Icon name="again" />
          </button>
        </div>
      )}
    </ViewHeader>
  );
}

/** What the whole conversation has cost, or its tokens where no price is known. */
function Spent({ session }: { session: string }) {
  const view = useResource<SessionView>(`/api/sessions/${encodeURIComponent(session)}`, ['turns']);
  const spent = view.value.value?.spent;
  if (!spent || spent.turns === 0) return null;
  const tokens = t.chat.tokens(spent.tokens.toLocaleString());
  return (
    <span class="tag" title={t.chat.spent(tokens, spent.turns, spent.unpricedTurns)}>
      {spent.costUsd === 0 ? tokens : dollars(spent.costUsd)}
    </span>
  );
}

/** How full the model is in this conversation. */
function Fullness({ context: { tokens, window, share, source } }: { context: Context }) {
  const title = t.chat.fullness(tokens.toLocaleString(), window.toLocaleString(), source === 'estimated');
  return (
    <span class="tag" title={title}>
      {t.chat.full(Math.round(share * 100))}
    </span>
  );
}

function Greeting({ session }: { session: string }) {
  return (
    <div class="greeting">
      <img src="/icon.svg" alt="" width="64" height="64" />
      <h2>{t.chat.greeting}</h2>
      <div class="suggestions">
        {t.chat.suggestions.map((text) => (
          <button key={text} type="button" onClick={() => void send(session, text, [])}>
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}

/** A screen reader hears an answer sentence by sentence. */
function useSpeech(running: ReturnType<typeof live.followed>): void {
  const reader = useRef(new SentenceReader());
  useEffect(() => {
    if (!running) return;
    reader.current = new SentenceReader();
    const speak = (isWhole: boolean): void => {
      const sentences = reader.current.read(running.text.peek(), isWhole);
      if (sentences !== '') spoken.value = sentences;
    };
    const stops = [
      running.text.subscribe(() => speak(false)),
      running.ending.subscribe((ending) => ending && speak(true)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [running]);
}
