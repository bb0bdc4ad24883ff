/** One file of the memory: its text to edit, how it reads, its versions. */
import { useEffect, useId, useState } from 'preact/hooks';
import { MergeView } from '../../edit/merge-view.tsx';
import { SaveBar } from '../../edit/save-bar.tsx';
import { TextField } from '../../edit/text-field.tsx';
import { VersionsView } from '../../edit/versions-view.tsx';
import { t } from '../../texts.ts';
import { MarkdownText } from '../../ui/markdown-text.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { useFile } from './open-files.ts';

type Tab = 'text' | 'read' | 'versions';

interface FileViewProps {
  name: string;
  title: string;
  /** To show, from 1. */
  line: number | null;
}

export function FileView({ name, title, line }: FileViewProps) {
  const { draft, problem, retry } = useFile(name);
  const [tab, setTab] = useState<Tab>('text');
  const [shownLine, setShownLine] = useState<{ number: number; at: number } | null>(null);
  const id = useId();
  const isThere = draft.base.value !== null;
  useEffect(() => {
    if (line === null || !isThere) return;
    setTab('text');
    setShownLine({ number: line, at: Date.now() });
  }, [line, isThere]);
  const text = draft.text.value;
  return (
    <section aria-labelledby={`${id}-title`}>
      <div class="file-head">
        <h2 id={`${id}-title`}>{title}</h2>
        <Tabs
          id={id}
          label={title}
          tabs={[
            ['text', t.edit.text],
            ['read', t.edit.read],
            ['versions', t.edit.versions],
          ]}
          current={tab}
          onSelect={setTab}
        />
      </div>
      {problem !== null && <Problem text={problem} onRetry={retry} />}
      {!isThere && problem === null && <Loading />}
      {isThere && (
        <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${tab}`} tabIndex={-1}>
          {draft.theirs.value !== null && <MergeView draft={draft} />}
          {tab === 'text' && (
            <TextField
              label={t.memory.textOf(title)}
              text={text}
              line={shownLine}
              onText={(edited) => draft.edit(edited)}
              onSave={() => void draft.save()}
            />
          )}
          {tab === 'read' &&
            (text.trim() === '' ? (
              <p class="quiet">{t.memory.empty}</p>
            ) : (
              <div class="reading">
                <MarkdownText key={text} text={text.replace(/<!--[\s\S]*?-->/g, '')} isWhole />
              </div>
            ))}
          {tab === 'versions' && <VersionsView name={name} draft={draft} />}
          <SaveBar draft={draft} />
        </div>
      )}
    </section>
  );
}
