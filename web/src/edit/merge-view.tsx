/** Two edits of one file at once: what stood there, what the owner made of it, what somebody else did. He decides; nothing is lost. */
import { useMemo, useState } from 'preact/hooks';
import { t } from '../texts.ts';
import { DiffView } from './diff-view.tsx';
import type { FileDraft } from './file-draft.ts';
import { type Choice, merged, mergeParts } from './line-diff.ts';

export function MergeView({ draft }: { draft: FileDraft }) {
  const theirs = draft.theirs.value?.text ?? '';
  const base = draft.base.value?.text ?? '';
  const mine = draft.text.value;
  const parts = useMemo(() => mergeParts(base, mine, theirs), [base, mine, theirs]);
  const [choices, setChoices] = useState<(Choice | undefined)[]>([]);
  const result = merged(parts, choices);
  const conflicts = parts.filter((part) => part.kind === 'conflict');
  return (
    <section class="merge" aria-labelledby="merge-title">
      <h3 id="merge-title">{t.edit.changedMeanwhile}</h3>
      <p>{conflicts.length === 0 ? t.edit.fitTogether : t.edit.decide(conflicts.length)}</p>
      {conflicts.map(({ mine: own, base: was, theirs: other }, index) => (
        <fieldset key={index} class="three-ways">
          <legend>{t.edit.place(index + 1, conflicts.length)}</legend>
          <div class="ways">
            <Way title={t.edit.before} text={was} />
            <Way title={t.edit.mine} text={own} />
            <Way title={t.edit.theirs} text={other} />
          </div>
          <div class="choices">
            {(['mine', 'theirs', 'both'] as const).map((choice) => (
              <label key={choice}>
                <input
                  type="radio"
                  name={`conflict-${index}`}
                  checked={(choices[index] ?? 'both') === choice}
                  onChange={() => setChoices(conflicts.map((_, at) => (at === index ? choice : choices[at])))}
                />{' '}
                {t.edit.take[choice]}
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      <details>
        <summary>{t.edit.result}</summary>
        <DiffView before={theirs} after={result} label={t.edit.result} />
      </details>
      <div class="actions">
        <button type="button" class="button primary" onClick={() => draft.resolve(result)}>
          {t.edit.together}
        </button>
        <button type="button" class="button" onClick={() => draft.discard()}>
          {t.edit.takeTheirs}
        </button>
      </div>
    </section>
  );
}

function Way({ title, text }: { title: string; text: string }) {
  return (
    <div class="way">
      <h4>{title}</h4>
      <pre dir="auto">{text === '' ? t.edit.nothingThere : text}</pre>
    </div>
  );
}
