/** What is found in the memory: the words, with where they stand, when it was said and by whom. */
import type { MemoryHit, MemoryHits } from '@mobyclaw/protocol/memory-file';
import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Loading, Problem } from '../../ui/view-state.tsx';

const TYPING_MS = 180; // a search for each key would be one for each letter

export function MemorySearch({ query, onOpen }: { query: string; onOpen: () => void }) {
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [found, setFound] = useState<MemoryHits | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const asked = new URLSearchParams({ q: query, ...(from && { from }), ...(to && { to }) });
      try {
        setFound(await ask<MemoryHits>(`/api/memory/search?${asked}`, { signal: abort.signal }));
        setProblem(null);
      } catch (error) {
        if (!abort.signal.aborted) setProblem(messageOf(error));
      }
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query, from, to]);
  return (
    <section aria-label={t.memory.found}>
      <div class="between">
        <label>
          {t.memory.from}{' '}
          <input type="date" value={from} onInput={({ currentTarget }) => setFrom(currentTarget.value)} />
        </label>
        <label>
          {t.memory.to}{' '}
          <input type="date" value={to} onInput={({ currentTarget }) => setTo(currentTarget.value)} />
        </label>
      </div>
      {problem !== null && <Problem text={problem} />}
      {found === null && problem === null && <Loading />}
      {found && (
        <>
          <p class="quiet" role="status">
            {found.items.length === 0 ? t.memory.nothingFound : t.memory.foundCount(found.items.length)}
            {found.missing > 0 && ` ${t.memory.notRead(found.missing)}`}
          </p>
          {found.unread.map((why) => (
            <p key={why} class="problem">
              {why}
            </p>
          ))}
          <ul class="rows hits">
            {found.items.map((hit) => (
              <Hit key={`${hit.file}:${hit.line}:${hit.snippet}`} hit={hit} onOpen={onOpen} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Hit({ hit, onOpen }: { hit: MemoryHit; onOpen: () => void }) {
  const { file, line, section, snippet, at, speaker, session, title } = hit;
  const words = snippet.replace(/^[\s*+-]+/, '');
  return (
    <li>
      <div class="row-text">
        <a class="hit-text" href={hrefOf('memory', `${file}:${line}`)} dir="auto" onClick={onOpen}>
          {words}
        </a>
        <span class="quiet">
          {[file, section, at, speaker, title ?? session].filter(Boolean).join(' · ')}
        </span>
      </div>
      <a class="button" href={hrefOf('memory', `why:${words.slice(0, 200)}`)} onClick={onOpen}>
        {t.memory.why}
      </a>
    </li>
  );
}
