/** Forgets for good: what a phrase stands in is shown first, then removed everywhere, without a version to go back to. */
import type { ForgetFinding, Forgetting } from '@mobyclaw/protocol/forget';
import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { t } from '../../texts.ts';
import { Problem } from '../../ui/view-state.tsx';

const LEAST_PHRASE = 3;
const LOOK_AGAIN_MS = 700;

export function ForgetView() {
  const [phrase, setPhrase] = useState('');
  const [finding, setFinding] = useState<{ phrase: string; found: ForgetFinding } | null>(null);
  const [forgetting, setForgetting] = useState<Forgetting | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const work = async (task: () => Promise<void>): Promise<void> => {
    setProblem(null);
    setBusy(true);
    try {
      await task();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  };
  const wanted = phrase.trim();
  const look = (): Promise<void> =>
    work(async () => {
      setForgetting(null);
      const body = { phrase: wanted };
      const found = await ask<ForgetFinding>('/api/forget/look', { method: 'POST', body });
      setFinding({ phrase: wanted, found });
    });
  const forget = (): Promise<void> =>
    work(async () => {
      setForgetting(
        await ask<Forgetting>('/api/forget', { method: 'POST', body: { phrase: finding?.phrase } }),
      );
      setFinding(null);
      setPhrase('');
    });
  return (
    <section aria-labelledby="forget-title">
      <h2 id="forget-title">{t.memory.forgetTitle}</h2>
      <p class="quiet">{t.memory.forgetAbout}</p>
      <form
        class="why-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.length >= LEAST_PHRASE) void look();
        }}
      >
        <input
          type="search"
          aria-label={t.memory.forgetPhrase}
          placeholder={t.memory.forgetPhrase}
          maxLength={500}
          value={phrase}
          onInput={({ currentTarget }) => setPhrase(currentTarget.value)}
        />
        <button type="submit" class="button" disabled={isBusy || wanted.length < LEAST_PHRASE}>
          {t.memory.forgetLook}
        </button>
      </form>
      {problem !== null && <Problem text={problem} />}
      {finding && (
        <>
          <Places finding={finding.found} />
          {finding.found.places.length > 0 && (
            <button type="button" class="button danger" disabled={isBusy} onClick={() => void forget()}>
              {t.memory.forgetNow(finding.phrase)}
            </button>
          )}
        </>
      )}
      {forgetting && <Progress begun={forgetting} />}
    </section>
  );
}

function Places({ finding: { places, left } }: { finding: ForgetFinding }) {
  return (
    <>
      <p class="quiet" role="status">
        {places.length === 0 ? t.memory.forgetNothing : t.memory.forgetFound(places.length)}
      </p>
      {places.length > 0 && (
        <ul class="rows">
          {places.map(({ place, count, examples }) => (
            <li key={place}>
              <div class="row-text">
                <strong>{place}</strong> <span class="tag">{count}</span>
                {examples.map((example) => (
                  <span key={example} class="quiet" dir="auto">
                    {example}
                  </span>
                ))}
              </div>
            </li>
          ))}
        </ul>
      )}
      {left.map((text) => (
        <p key={text} class="quiet">
          {text}
        </p>
      ))}
    </>
  );
}

function Progress({ begun }: { begun: Forgetting }) {
  const [now, setNow] = useState(begun);
  useEffect(() => {
    setNow(begun);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      const next = await ask<Forgetting>(`/api/forget/${encodeURIComponent(begun.id)}`).catch(() => null);
      if (next) setNow(next);
      if (next?.state !== 'done') timer = setTimeout(look, LOOK_AGAIN_MS);
    };
    timer = setTimeout(look, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [begun]);
  return (
    <div role="status">
      <p>{t.memory.forgetStates[now.state]}</p>
      {now.problem !== undefined && <p class="problem-text">{now.problem}</p>}
      {now.left.map((text) => (
        <p key={text} class="quiet">
          {text}
        </p>
      ))}
    </div>
  );
}
