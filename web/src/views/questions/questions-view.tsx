/** What Moby asks his owner: what waits, and what was decided, by whom, where and when. */
import type { Question } from '@mobyclaw/protocol/question';
import type { SessionView } from '@mobyclaw/protocol/session';
import { useMemo, useRef, useState } from 'preact/hooks';
import { openQuestions } from '../../data/questions.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { QuestionCard } from '../../ui/question/question-card.tsx';
import { isAllowed, partsOf } from '../../ui/question/question-parts.ts';
import { QuestionText } from '../../ui/question/question-text.tsx';
import { fullTime, shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { nameOf } from '../chat/conversation-name.ts';

const PAGE = 50;
const MOST = 500; // as the API gives at once

export function QuestionsView() {
  const [limit, setLimit] = useState(PAGE);
  const all = useResource<{ items: Question[] }>(`/api/questions?state=all&limit=${limit}`, ['questions']);
  const open = openQuestions.value.value?.items;
  const items = all.value.value?.items;
  const waiting = useWaiting(open, items);
  if (!items || !open)
    return (
      <>
        <ViewHeader title={<h1>{t.views.questions}</h1>} />
        <div class="sheet">
          {all.problem.value === null ? (
            <Loading />
          ) : (
            <Problem text={all.problem.value} onRetry={() => void all.refresh()} />
          )}
        </div>
      </>
    );
  const shown = new Set(waiting.map(({ id }) => id));
  const decided = items.filter(({ id, state }) => state !== 'open' && !shown.has(id));
  return (
    <>
      <ViewHeader title={<h1>{t.views.questions}</h1>} />
      <section class="sheet" tabIndex={0} aria-label={t.views.questions}>
        <section aria-labelledby="waiting">
          <h2 id="waiting">{t.questions.waiting}</h2>
          {waiting.length === 0 && <p class="quiet">{t.questions.none}</p>}
          {waiting.map((question) => (
            <QuestionCard key={question.id} question={question} place={<Place question={question} />} />
          ))}
        </section>
        <section aria-labelledby="decided">
          <h2 id="decided">{t.questions.decided}</h2>
          {decided.length === 0 ? (
            <p class="quiet">{t.questions.noneDecided}</p>
          ) : (
            <ul class="rows">
              {decided.map((question) => (
                <Decided key={question.id} question={question} />
              ))}
            </ul>
          )}
          {items.length >= limit && limit < MOST && (
            <button type="button" class="edge" onClick={() => setLimit(Math.min(MOST, limit + 3 * PAGE))}>
              {t.questions.more}
            </button>
          )}
        </section>
      </section>
    </>
  );
}

/** Those that wait, and those that did while one looked on, so that what was answered stays in its place. The first to end comes first. */
function useWaiting(open: readonly Question[] | undefined, all: readonly Question[] | undefined): Question[] {
  const seen = useRef(new Set<string>());
  return useMemo(() => {
    for (const { id } of open ?? []) seen.current.add(id);
    const byId = new Map([...(open ?? []), ...(all ?? [])].map((question) => [question.id, question]));
    // What the list of all has not told yet stays open here until it has.
    return [...byId.values()]
      .filter(({ id }) => seen.current.has(id))
      .sort((a, b) => a.expiresAt.localeCompare(b.expiresAt) || a.id.localeCompare(b.id));
  }, [open, all]);
}

function Place({ question: { session } }: { question: Question }) {
  const sessions = useResource<{ items: SessionView[] }>('/api/sessions?limit=50', ['sessions', 'turns']);
  const known = sessions.value.value?.items.find(({ key }) => key === session);
  return (
    <>
      {t.questions.inConversation}{' '}
      <a href={hrefOf('chat', session)}>
        <bdi>{nameOf(session, known)}</bdi>
      </a>
    </>
  );
}

function Decided({ question }: { question: Question }) {
  const { title, outcome, answer, askedAt, asker } = question;
  const at = answer?.at ?? askedAt;
  return (
    <li class="decided">
      <Icon name={isAllowed(question) ? 'check' : 'close'} />
      <div class="row-text">
        <strong>{title}</strong> {asker !== 'owner' && <span class="tag">{t.questions.askers[asker]}</span>}
        <span class="quiet">{outcome}</span>
        <details class="fold">
          <summary>
            <Icon name="chevron" />
            <span>{t.questions.what}</span>
          </summary>
          <p class="quiet">
            <Place question={question} />
          </p>
          <QuestionText parts={partsOf(question)} />
        </details>
      </div>
      <time class="quiet" dateTime={at} title={fullTime(at)}>
        {shortTime(at)}
      </time>
    </li>
  );
}
