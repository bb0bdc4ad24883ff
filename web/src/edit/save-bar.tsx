/** What can be done with an edit that is not saved, and what went wrong with it. */
import type { ComponentChildren } from 'preact';
import { t } from '../texts.ts';
import type { FileDraft } from './file-draft.ts';

export function SaveBar({ draft, children }: { draft: FileDraft; children?: ComponentChildren }) {
  const isOpen = draft.isDirty.value && draft.theirs.value === null;
  return (
    <>
      {draft.problem.value !== null && (
        <p class="problem" role="alert">
          {draft.problem.value}
        </p>
      )}
      <p class="unseen" role="status">
        {draft.saves.value > 0 && !draft.isDirty.value ? t.edit.saved : ''}
      </p>
      {isOpen && (
        <div class="save-bar">
          <span class="quiet">{children ?? t.edit.notSaved}</span>
          <button type="button" class="button" onClick={() => draft.discard()}>
            {t.edit.discard}
          </button>
          <button
            type="button"
            class="button primary"
            disabled={draft.saving.value}
            onClick={() => void draft.save()}
          >
            {t.save}
          </button>
        </div>
      )}
    </>
  );
}
