/** Why does he know this? Where the lines about some words come from, and what stood there before. */
import type { GoneLine, LineSource, WhyAnswer, WhyLine } from '@mobyclaw/protocol/memory-source';
import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { go, hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { dayText, fullTime } from '../../ui/time-text.ts';
import { Loading, Problem } from '../../ui/view-state.tsx';

export function WhyView({ about }: { about: string }) {
  const [words, setWords] = useState(about);
  const [answer, setAnswer] = useState<WhyAnswer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    setWords(about);
    setAnswer(null);
    setProblem(null);
    if (about === '') return;
    const abort = new AbortController();
    ask<WhyAnswer>(`/api/memory/why?q=${encodeURIComponent(about)}`, { signal: abort.signal }).then(
      setAnswer,
      (error: unknown) => {
        if (!abort.signal.aborted) setProblem(messageOf(error));
      },
    );
    return () => abort.abort();
  }, [about]);
  return (
    <section aria-labelledby="why-title">
      <h2 id="why-title">{t.memory.whyTitle}</h2>
      <form
        class="why-form"
        onSubmit={(event) => {
          event.preventDefault();
          go('memory', `why:${words.trim()}`);
        }}
      >
        <input
          type="search"
          aria-label={t.memory.whyAbout}
          placeholder={t.memory.whyAbout}
          maxLength={500}
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
        <button type="submit" class="button primary" disabled={words.trim() === ''}>
          {t.memory.ask}
        </button>
      </form>
      {problem !== null && <Problem text={problem} />}
      {about !== '' && answer === null && problem === null && <Loading />}
      {answer && <Answer answer={answer} />}
    </section>
  );
}

function Answer({ answer: { lines, gone, since } }: { answer: WhyAnswer }) {
  return (
    <>
      <p class="quiet" role="status">
        {lines.length + gone.length === 0 ? t.memory.whyNothing : t.memory.whyFound(lines.length)}
      </p>
      {lines.length > 0 && (
        <ul class="rows">
          {lines.map((line) => (
            <Line key={`${line.file}:${line.line}`} line={line} />
          ))}
        </ul>
      )}
      {gone.length > 0 && (
        <>
          <h3>{t.memory.gone}</h3>
          <ul class="rows">
            {gone.map((line) => (
              <Gone key={`${line.file}:${line.source.at}:${line.text}`} line={line} />
            ))}
          </ul>
        </>
      )}
      {since !== null && <p class="quiet">{t.memory.whySince(dayText(since))}</p>}
    </>
  );
}

function Line({ line }: { line: WhyLine }) {
  const { file, line: number, text, state, source, written, from, replaced, said } = line;
  return (
    <li>
      <div class="row-text">
        <a class="hit-text" href={hrefOf('memory', `${file}:${number}`)} dir="auto">
          {text}
        </a>
        <span class="quiet">{t.memory.lineState[state]}</span>
        {source && <Source source={source} />}
        {from !== undefined && <span class="quiet">{t.memory.movedFrom(from)}</span>}
        {written !== undefined && <span class="quiet">{t.memory.writtenAs(written)}</span>}
        {replaced !== undefined && <span class="quiet">{t.memory.replaced(replaced)}</span>}
        {said !== undefined && <span class="quiet">{t.memory.said(said)}</span>}
      </div>
    </li>
  );
}

function Gone({ line: { file, text, source, removed } }: { line: GoneLine }) {
  return (
    <li>
      <div class="row-text">
        <del dir="auto">{text}</del>
        <span class="quiet">{file}</span>
        <Source source={source} />
        <span class="quiet">
          {removed === null ? t.memory.removedByHand : t.memory.removedAt(fullTime(removed.at))}
        </span>
      </div>
    </li>
  );
}

function Source({ source: { at, session, sender } }: { source: LineSource }) {
  return (
    <span class="quiet">
      {t.memory.writtenAt(fullTime(at))}
      {sender !== undefined && ` · ${sender}`}
      {session !== undefined && (
        <>
          {' · '}
          <a href={hrefOf('chat', session)}>{t.memory.inConversation(session)}</a>
        </>
      )}
    </span>
  );
}
