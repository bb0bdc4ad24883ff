/** What Moby was taught: all skills and how each stands, what he proposes, a new one out of an archive; and one of them, whole. */
import { visibleText } from '@mobyclaw/lib/visible-text';
import type { SkillView } from '@mobyclaw/protocol/skill';
import { openQuestions } from '../../data/questions.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { QuestionCard } from '../../ui/question/question-card.tsx';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import type { ViewProps } from '../registry.ts';
import { act, LIST, pathOf, problem } from './actions.ts';
import { AddSkill } from './add-skill.tsx';
import { SkillDetailView } from './skill-detail.tsx';

export function SkillsView({ rest }: ViewProps) {
  const list = useResource<{ items: SkillView[] }>(LIST, ['questions', 'turns']);
  const failure = problem.value ?? list.problem.value;
  return (
    <>
      <ViewHeader title={<h1>{t.skills.title}</h1>} />
      <section class="sheet" tabIndex={0} aria-label={t.skills.title}>
        {failure !== null && <Problem text={failure} onRetry={() => void list.refresh()} />}
        {rest === '' ? <All items={list.value.value?.items} /> : <SkillDetailView key={rest} name={rest} />}
      </section>
    </>
  );
}

function All({ items }: { items: readonly SkillView[] | undefined }) {
  const proposed = openQuestions.value.value?.items.filter(({ kind }) => kind === 'skill') ?? [];
  return (
    <>
      <p class="quiet">{t.skills.about}</p>
      {!items && <Loading />}
      {items?.length === 0 && <p class="empty">{t.skills.none}</p>}
      {items && items.length > 0 && (
        <>
          <ul class="rows">
            {items.map((skill) => (
              <Row key={skill.name} skill={skill} />
            ))}
          </ul>
          <p class="quiet">{t.skills.nextConversation}</p>
        </>
      )}
      {proposed.length > 0 && (
        <section aria-labelledby="proposed">
          <h2 id="proposed">{t.skills.proposed}</h2>
          {proposed.map((question) => (
            <QuestionCard key={question.id} question={question} />
          ))}
        </section>
      )}
      <AddSkill />
    </>
  );
}

function Row({ skill: { name, state, description, problem: fault } }: { skill: SkillView }) {
  const shown = visibleText(name);
  return (
    <li>
      <div class="row-text">
        <strong>
          <a href={hrefOf('skills', name)} aria-label={t.skills.look(shown)}>
            <bdi>{shown}</bdi>
          </a>
        </strong>{' '}
        <span class="tag">{t.skills.states[state]}</span>
        <span class="quiet">{visibleText(fault ?? description ?? '')}</span>
      </div>
      {(state === 'on' || state === 'off') && (
        <button
          type="button"
          class="button"
          aria-label={state === 'on' ? t.skills.disableOne(shown) : t.skills.enableOne(shown)}
          onClick={() => void act(pathOf(name), { method: 'PUT', body: { enabled: state === 'off' } }, name)}
        >
          {state === 'on' ? t.skills.disable : t.skills.enable}
        </button>
      )}
    </li>
  );
}
