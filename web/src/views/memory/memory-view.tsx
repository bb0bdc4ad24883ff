/** What Moby knows: his files, as they are; what is found in them; and why he knows it. */
import type { MemoryFileHead, MemoryFiles } from '@mobyclaw/protocol/memory-file';
import { useState } from 'preact/hooks';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { dayText } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Problem } from '../../ui/view-state.tsx';
import type { ViewProps } from '../registry.ts';
import { FileView } from './file-view.tsx';
import { ForgetView } from './forget-view.tsx';
import { MemorySearch } from './memory-search.tsx';
import { WhyView } from './why-view.tsx';

const MAIN = 'MEMORY.md';
const MOST_SHOWN = 12;
const LOG = /^memory\/(\d{4}-\d\d-\d\d)\.md$/;

export function MemoryView({ rest }: ViewProps) {
  const [query, setQuery] = useState('');
  const [name = MAIN, line] = rest === '' ? [] : rest.split(':');
  const files = useResource<MemoryFiles>('/api/memory/files', ['memory', 'turns']);
  return (
    <>
      <ViewHeader title={<h1>{t.memory.title}</h1>} />
      <div class="sheet memory">
        <div class="memory-find">
          <label class="find-field">
            <Icon name="search" />
            <input
              type="search"
              placeholder={t.memory.search}
              aria-label={t.memory.search}
              value={query}
              onInput={({ currentTarget }) => setQuery(currentTarget.value)}
            />
          </label>
          <a class="button" href={hrefOf('memory', 'why')}>
            {t.memory.why}
          </a>
          <a class="button" href={hrefOf('memory', 'forget')}>
            {t.memory.forget}
          </a>
        </div>
        {files.problem.value !== null && (
          <Problem text={files.problem.value} onRetry={() => void files.refresh()} />
        )}
        {query.trim() !== '' ? (
          <MemorySearch query={query.trim()} onOpen={() => setQuery('')} />
        ) : (
          <div class="memory-body">
            <Files files={files.value.value} current={name} />
            <div class="memory-main">
              {name === 'why' && <WhyView about={line ?? ''} />}
              {name === 'forget' && <ForgetView />}
              {name !== 'why' && name !== 'forget' && (
                <FileView key={name} name={name} title={titleOf(name)} line={line ? Number(line) : null} />
              )}
            </div>
          </div>
        )}
      </div>
    </>
  );
}

function Files({ files, current }: { files: MemoryFiles | null; current: string }) {
  const [all, setAll] = useState(false);
  const heads = files ? withToday(files) : [];
  const logs = heads.filter(({ name }) => LOG.test(name)).toSorted((a, b) => (a.name < b.name ? 1 : -1));
  const rest = heads.filter(({ name }) => name.startsWith('memory/') && !LOG.test(name));
  const own = heads.filter(({ name }) => !name.startsWith('memory/'));
  return (
    <nav class="memory-files" aria-label={t.memory.files}>
      <FileLinks heads={own} current={current} />
      {logs.length > 0 && <h2>{t.memory.days}</h2>}
      <FileLinks heads={all ? logs : logs.slice(0, MOST_SHOWN)} current={current} />
      {rest.length > 0 && <h2>{t.memory.notes}</h2>}
      <FileLinks heads={all ? rest : rest.slice(0, MOST_SHOWN)} current={current} />
      {!all && Math.max(logs.length, rest.length) > MOST_SHOWN && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t.memory.all(heads.length)}
        </button>
      )}
    </nav>
  );
}

function FileLinks({ heads, current }: { heads: readonly MemoryFileHead[]; current: string }) {
  return (
    <ul>
      {heads.map(({ name }) => (
        <li key={name}>
          <a href={hrefOf('memory', name)} aria-current={name === current ? 'page' : undefined}>
            {titleOf(name)}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Today's log can be begun here, too. */
function withToday({ items, today }: MemoryFiles): MemoryFileHead[] {
  const name = `memory/${today}.md`;
  if (items.some((item) => item.name === name)) return items;
  return [...items, { name, bytes: 0, changedAt: new Date().toISOString() }];
}

function titleOf(name: string): string {
  const day = LOG.exec(name)?.[1];
  if (day) return dayText(`${day}T12:00:00`);
  if (name.startsWith('memory/guests/')) return t.memory.guest(name.slice(14, -3));
  return name.startsWith('memory/') ? name.slice(7, -3) : name;
}
