/** One skill, whole: what it is, where it came from, its files or what differs in them, the versions, and what can be done with it. */
import { visibleText } from '@mobyclaw/lib/visible-text';
import type { SkillDetail, SkillOrigin } from '@mobyclaw/protocol/skill';
import type { ComponentChildren } from 'preact';
import { go, hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { SureButton } from '../../ui/sure-button.tsx';
import { fullTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { act, pathOf } from './actions.ts';
import { SkillFiles } from './skill-files.tsx';

export function SkillDetailView({ name }: { name: string }) {
  const resource = useResource<SkillDetail>(pathOf(name), ['questions', 'turns']);
  const skill = resource.value.value;
  const failure = resource.problem.value;
  return (
    <>
      <p>
        <a href={hrefOf('skills')}>{t.skills.all}</a>
      </p>
      {failure !== null && <Problem text={failure} onRetry={() => void resource.refresh()} />}
      {!skill && failure === null && <Loading />}
      {skill && <Shown skill={skill} />}
    </>
  );
}

function Shown({ skill }: { skill: SkillDetail }) {
  const { name, state, description, problem } = skill;
  return (
    <>
      <section aria-labelledby="skill-what">
        <h2 id="skill-what">
          <bdi>{visibleText(name)}</bdi> <span class="tag">{t.skills.states[state]}</span>
        </h2>
        {problem !== undefined && <Problem text={problem} />}
        {description !== undefined && <p dir="auto">{visibleText(description)}</p>}
        <Actions skill={skill} />
        <Facts skill={skill} />
      </section>
      {skill.texts.length > 0 && <SkillFiles skill={skill} />}
      {skill.versions.length > 0 && <Versions skill={skill} />}
    </>
  );
}

function Actions({ skill: { name, state, digest, versions } }: { skill: SkillDetail }) {
  const isSeen = state === 'on' || state === 'off';
  const hasBefore = versions.length > (isSeen ? 1 : 0);
  return (
    <>
      {!isSeen && digest !== undefined && <p class="quiet">{t.skills.approveAbout}</p>}
      <div class="row-actions">
        {!isSeen && digest !== undefined && (
          <button
            type="button"
            class="button primary"
            onClick={() => void act(pathOf(name, '/approve'), { method: 'POST', body: { digest } }, name)}
          >
            {t.skills.approve}
          </button>
        )}
        {isSeen && (
          <button
            type="button"
            class="button"
            onClick={() =>
              void act(pathOf(name), { method: 'PUT', body: { enabled: state === 'off' } }, name)
            }
          >
            {state === 'on' ? t.skills.disable : t.skills.enable}
          </button>
        )}
        {hasBefore && (
          <button
            type="button"
            class="button"
            onClick={() => void act(pathOf(name, '/undo'), { method: 'POST', body: {} }, name)}
          >
            {t.skills.undo}
          </button>
        )}
        <SureButton
          label={t.skills.remove}
          sure={t.skills.sure}
          name={name}
          onSure={() =>
            void act(pathOf(name), { method: 'DELETE' }).then((left) => {
              if (left) go('skills');
            })
          }
        />
      </div>
    </>
  );
}

function Facts({ skill }: { skill: SkillDetail }) {
  const { source, seen, origin, license, compatibility, allowedTools, metadata = {} } = skill;
  const { files = [], hosts = [], secrets = [], commands = [] } = skill;
  const programs = files.filter(({ program }) => program).map(({ path }) => path);
  const own = Object.entries(metadata).map(([key, value]) => `${key}: ${value}`);
  return (
    <dl class="facts">
      {origin ? <Origin origin={origin} /> : <Fact what={t.skills.from} text={source} />}
      <Fact what={t.skills.seen} text={seen && fullTime(seen)} />
      <Fact what={t.skills.license} text={license} />
      <Fact what={t.skills.needs} text={compatibility} />
      <Fact what={t.skills.tools} text={allowedTools} about={t.skills.toolsAbout} />
      <Fact what={t.skills.programs} text={programs.join(', ')} />
      <Fact what={t.skills.hosts} text={hosts.join(', ')} about={t.skills.hostsAbout} />
      <Fact what={t.skills.secrets} text={secrets.join(', ')} about={t.skills.secretsAbout} />
      <Fact what={t.skills.runs} text={commands.join(' · ')} about={t.skills.runsAbout} />
      <Fact what={t.skills.saysOfItself} text={own.join('; ')} />
    </dl>
  );
}

interface FactProps {
  what: string;
  text: string | undefined;
  about?: string;
  children?: ComponentChildren;
}

function Fact({ what, text, about, children }: FactProps) {
  if (!text && !children) return null;
  return (
    <>
      <dt>{what}</dt>
      <dd>
        {text && <bdi>{visibleText(text)}</bdi>}
        {children}
        {about !== undefined && <span class="quiet"> ({about})</span>}
      </dd>
    </>
  );
}

function Origin({ origin: { session, turn, marks = [] } }: { origin: SkillOrigin }) {
  return (
    <Fact what={t.skills.from} text="">
      <a href={hrefOf('chat', session)}>
        <bdi>{t.skills.byMoby(visibleText(session))}</bdi>
      </a>
      {turn !== undefined && (
        <span class="quiet">
          {' '}
          · {t.skills.inTurn}: <code>{turn}</code>
        </span>
      )}
      {marks.length > 0 && (
        <p class="warning">{t.skills.inSight(marks.map((mark) => t.skills.marks[mark]).join(', '))}</p>
      )}
    </Fact>
  );
}

function Versions({ skill: { name, versions } }: { skill: SkillDetail }) {
  return (
    <section aria-labelledby="skill-versions">
      <h2 id="skill-versions">{t.skills.versions}</h2>
      <ul class="rows">
        {versions.map(({ id, seen, source, origin, current }) => (
          <li key={id}>
            <div class="row-text">
              <time dateTime={seen}>{fullTime(seen)}</time>{' '}
              {current && <span class="tag">{t.skills.current}</span>}
              <span class="quiet">
                <bdi>{visibleText(origin ? t.skills.byMoby(origin.session) : source)}</bdi> · {id.slice(0, 8)}
              </span>
            </div>
            {!current && (
              <button
                type="button"
                class="button"
                aria-label={t.skills.goBackTo(fullTime(seen))}
                onClick={() => void act(pathOf(name, '/undo'), { method: 'POST', body: { to: id } }, name)}
              >
                {t.skills.goBack}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
