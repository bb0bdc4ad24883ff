/** Who Moby is: soul.yaml, checked while it is typed, compared with the one that this version brings, in force with the next message. */
import type { SoulFile } from '@mobyclaw/protocol/soul';
import { useSignalEffect } from '@preact/signals';
import { useEffect, useId, useState } from 'preact/hooks';
import { ask } from '../../data/api.ts';
import { resources } from '../../data/page.ts';
import { DiffView } from '../../edit/diff-view.tsx';
import { FileDraft } from '../../edit/file-draft.ts';
import { MergeView } from '../../edit/merge-view.tsx';
import { SaveBar } from '../../edit/save-bar.tsx';
import { TextField } from '../../edit/text-field.tsx';
import { VersionsView } from '../../edit/versions-view.tsx';
import { t } from '../../texts.ts';
import { Tabs } from '../../ui/tabs.tsx';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { useSoulCheck } from './soul-check.ts';

const PATH = '/api/soul';
const NAME = 'soul.yaml';

const draft = new FileDraft({
  name: NAME,
  save: (text, version) => ask<SoulFile>(PATH, { method: 'POST', body: { text, version } }),
  refresh: () => resources.of<SoulFile>(PATH, ['soul']).refresh(),
});

export function SoulView() {
  const soul = useResource<SoulFile>(PATH, ['soul']);
  const [tab, setTab] = useState<'text' | 'mine' | 'versions'>('text');
  const id = useId();
  useSignalEffect(() => {
    const { value } = soul.value;
    if (value) draft.arrived(value);
  });
  useEffect(() => {
    const look = (): void => void soul.refresh();
    addEventListener('focus', look);
    return () => removeEventListener('focus', look);
  }, [soul]);
  const isThere = draft.base.value !== null;
  const value = soul.value.value;
  return (
    <>
      <ViewHeader title={<h1>{t.soul.title}</h1>}>
        {value && (
          <span class={`tag soul-${value.state}`} role="status">
            {t.soul.states[value.state]}
          </span>
        )}
      </ViewHeader>
      <div class="sheet soul">
        {soul.problem.value !== null && (
          <Problem text={soul.problem.value} onRetry={() => void soul.refresh()} />
        )}
        {value?.problem !== undefined && <Problem text={value.problem} />}
        <div class="file-head">
          <p class="quiet">{t.soul.about}</p>
          <Tabs
            id={id}
            label={NAME}
            tabs={[
              ['text', t.edit.text],
              ['mine', t.soul.mine],
              ['versions', t.edit.versions],
            ]}
            current={tab}
            onSelect={setTab}
          />
        </div>
        {!isThere && soul.problem.value === null && <Loading />}
        {isThere && (
          <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${tab}`} tabIndex={-1}>
            {draft.theirs.value !== null && <MergeView draft={draft} />}
            {tab === 'text' && <Editor />}
            {tab === 'mine' && <Mine />}
            {tab === 'versions' && <VersionsView name={NAME} draft={draft} />}
            <SaveBar draft={draft}>{t.soul.counts}</SaveBar>
          </div>
        )}
      </div>
    </>
  );
}

function Editor() {
  const text = draft.text.value;
  const { problems, by } = useSoulCheck(text);
  const [line, setLine] = useState<{ number: number; at: number } | null>(null);
  return (
    <>
      <TextField
        label={t.soul.textOf}
        text={text}
        isCode
        line={line}
        marked={new Set(problems.flatMap((problem) => problem.line ?? []))}
        describedBy="soul-problems"
        onText={(edited) => draft.edit(edited)}
        onSave={() => void draft.save()}
      />
      <div id="soul-problems" class="soul-problems" role="status">
        {problems.length === 0 ? (
          <p class="quiet">
            {by === null ? t.soul.checking : by === 'engine' ? t.soul.fine : t.soul.syntaxFine}
          </p>
        ) : (
          <ul>
            {problems.map(({ message, line: at, column }) => (
              <li key={`${at}:${column}:${message}`}>
                {at !== undefined && (
                  <button type="button" class="link" onClick={() => setLine({ number: at, at: Date.now() })}>
                    {t.soul.line(at)}
                  </button>
                )}{' '}
                <span class="failure">{message}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function Mine() {
  const original = useResource<{ text: string }>('/api/soul/default');
  const text = original.value.value?.text;
  if (text === undefined)
    return original.problem.value === null ? <Loading /> : <Problem text={original.problem.value} />;
  return (
    <>
      <p class="quiet">{t.soul.mineAbout}</p>
      <DiffView before={text} after={draft.text.value} label={t.soul.mine} />
    </>
  );
}
