/** What is different between two texts, line by line. */
import { useMemo } from 'preact/hooks';
import { t } from '../texts.ts';
import { diffRows } from './line-diff.ts';

const SIGNS = { same: ' ', gap: ' ', added: '+', removed: '−' };

export function DiffView({ before, after, label }: { before: string; after: string; label: string }) {
  const rows = useMemo(() => diffRows(before, after), [before, after]);
  if (rows.length === 0) return <p class="quiet">{t.edit.noDifference}</p>;
  return (
    <ol class="diff" aria-label={label}>
      {rows.map(({ kind, text, count }, index) => (
        <li key={index} class={kind}>
          <span class="sign" aria-hidden="true">
            {SIGNS[kind]}
          </span>
          {kind === 'added' && <span class="unseen">{t.edit.added}</span>}
          {kind === 'removed' && <span class="unseen">{t.edit.removed}</span>}
          {kind === 'gap' ? (
            <span>{t.edit.sameLines(count ?? 0)}</span>
          ) : (
            <span dir="auto">{text || ' '}</span>
          )}
        </li>
      ))}
    </ol>
  );
}
