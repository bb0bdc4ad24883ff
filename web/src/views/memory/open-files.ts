/** The memory's files as they are edited here: one draft a file, for as long as the page is open. */
import type { OwnerFile } from '@mobyclaw/protocol/memory-file';
import { useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../../data/api.ts';
import { resources } from '../../data/page.ts';
import { FileDraft } from '../../edit/file-draft.ts';
import { useResource } from '../../ui/use-resource.ts';

const TOPICS = ['memory', 'turns'] as const;
const drafts = new Map<string, FileDraft>();

function pathOf(name: string): string {
  return `/api/memory/file?name=${encodeURIComponent(name)}`;
}

function draftOf(name: string): FileDraft {
  let draft = drafts.get(name);
  if (!draft) {
    draft = new FileDraft({
      name,
      save: (text, version) =>
        ask<OwnerFile>('/api/memory/file', { method: 'POST', body: { name, text, version } }),
      refresh: () => resources.of<OwnerFile>(pathOf(name), TOPICS).refresh(),
    });
    drafts.set(name, draft);
  }
  return draft;
}

/** The draft of a file, which follows the file; and why it cannot be had. */
export function useFile(name: string): { draft: FileDraft; problem: string | null; retry: () => void } {
  const file = useResource<OwnerFile>(pathOf(name), TOPICS);
  const draft = draftOf(name);
  useSignalEffect(() => {
    const { value } = file.value;
    if (value?.name === name) draft.arrived(value);
  });
  useEffect(() => {
    // An editor beside the browser changes it without a word; whoever comes back from there sees what he wrote.
    const look = (): void => void file.refresh();
    addEventListener('focus', look);
    return () => removeEventListener('focus', look);
  }, [file]);
  return { draft, problem: file.problem.value, retry: () => void file.refresh() };
}
