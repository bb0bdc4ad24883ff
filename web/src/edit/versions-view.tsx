/** The versions of a file that are kept: what each is different in, and the way back to it. */
import type { FileVersion, OwnerFile } from '@mobyclaw/protocol/memory-file';
import { useState } from 'preact/hooks';
import { t } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { fullTime } from '../ui/time-text.ts';
import { useResource } from '../ui/use-resource.ts';
import { Loading, Problem } from '../ui/view-state.tsx';
import { DiffView } from './diff-view.tsx';
import type { FileDraft } from './file-draft.ts';

export function VersionsView({ name, draft }: { name: string; draft: FileDraft }) {
  const path = `/api/memory/versions?name=${encodeURIComponent(name)}`;
  const versions = useResource<{ items: FileVersion[] }>(path, ['memory', 'soul', 'turns']);
  const [shown, setShown] = useState<string | null>(null);
  const items = versions.value.value?.items;
  if (!items)
    return versions.problem.value === null ? (
      <Loading />
    ) : (
      <Problem text={versions.problem.value} onRetry={() => void versions.refresh()} />
    );
  return (
    <>
      <p class="quiet">{t.edit.versionsAbout}</p>
      {items.length === 0 ? (
        <p>{t.edit.noVersions}</p>
      ) : (
        <ul class="rows versions">
          {items.map(({ at }) => (
            <li key={at}>
              <button
                type="button"
                class="version"
                aria-expanded={shown === at}
                onClick={() => setShown(shown === at ? null : at)}
              >
                <Icon name="chevron" /> {t.edit.until(fullTime(at))}
              </button>
              {shown === at && <Version name={name} at={at} draft={draft} />}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Version({ name, at, draft }: { name: string; at: string; draft: FileDraft }) {
  const query = new URLSearchParams({ name, at });
  const version = useResource<OwnerFile>(`/api/memory/version?${query}`);
  const text = version.value.value?.text.replace(/\r\n/g, '\n');
  if (text === undefined)
    return version.problem.value === null ? <Loading /> : <Problem text={version.problem.value} />;
  const now = draft.base.value?.text ?? '';
  return (
    <div class="version-body">
      <DiffView before={text} after={now} label={t.edit.sinceThen} />
      {text !== now && (
        <button
          type="button"
          class="button"
          disabled={draft.saving.value || draft.isDirty.value}
          title={draft.isDirty.value ? t.edit.saveFirst : undefined}
          onClick={() => void draft.save(text)}
        >
          {t.edit.putBack}
        </button>
      )}
    </div>
  );
}
