/** The files of a skill, or what differs in them from what its owner saw last. What nobody would see in them is written out. */
import { visibleText } from '@mobyclaw/lib/visible-text';
import type { SkillDetail } from '@mobyclaw/protocol/skill';
import { DiffView } from '../../edit/diff-view.tsx';
import { t } from '../../texts.ts';
import { ForeignText } from '../../ui/foreign-text.tsx';

export function SkillFiles({ skill }: { skill: SkillDetail }) {
  const { texts, changes, files = [], state } = skill;
  const kindOf = (path: string): string | null => {
    if (!changes) return null;
    if (changes.added.includes(path)) return t.skills.added;
    if (changes.removed.includes(path)) return t.skills.removed;
    return changes.changed.includes(path) ? t.skills.changed : t.skills.same;
  };
  const isOpen = (path: string): boolean =>
    state === 'new' || (kindOf(path) ?? t.skills.same) !== t.skills.same;
  const isLost = changes && changes.changed.length > 0 && texts.every(({ before }) => before === null);
  return (
    <section aria-labelledby="skill-files">
      <h2 id="skill-files">{changes ? t.skills.differences : t.skills.files}</h2>
      {isLost && <p class="quiet">{t.skills.nothingKept}</p>}
      {texts.map(({ path, text, before }) => {
        const bytes = files.find((file) => file.path === path)?.bytes;
        const kind = kindOf(path);
        return (
          <details key={path} class="skill-file" open={isOpen(path)}>
            <summary>
              <bdi>{visibleText(path)}</bdi> {kind !== null && <span class="tag">{kind}</span>}{' '}
              {bytes !== undefined && <span class="quiet">{t.skills.bytes(bytes)}</span>}
            </summary>
            <FileText path={path} text={text} before={before} />
          </details>
        );
      })}
    </section>
  );
}

function FileText({ path, text, before }: SkillDetail['texts'][number]) {
  if (before !== null && before !== text)
    return (
      <DiffView
        before={visibleText(before)}
        after={visibleText(text ?? '')}
        label={t.skills.difference(visibleText(path))}
      />
    );
  if (text === null) return <p class="quiet">{t.skills.noText}</p>;
  return <ForeignText caption={visibleText(path)} text={text} code />;
}
