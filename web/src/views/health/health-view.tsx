/** How Moby is: what is wrong and what to do, his parts, what they log, and what is done on his machine. */
import type { PartsView } from '@mobyclaw/protocol/part';
import type { Status } from '@mobyclaw/protocol/status';
import { useEffect } from 'preact/hooks';
import { live } from '../../data/page.ts';
import { t } from '../../texts.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { fullTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { findingsOf } from './findings.ts';
import { LogView } from './log-view.tsx';

const LOOK_AGAIN_MS = 5000; // a part that dies tells nobody

export function HealthView() {
  const status = useResource<Status>('/api/status', ['soul', 'questions']);
  const parts = useResource<PartsView>('/api/parts');
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      void status.refresh();
      void parts.refresh();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [status, parts]);
  const now = status.value.value;
  const view = parts.value.value;
  const problem = status.problem.value ?? parts.problem.value;
  return (
    <>
      <ViewHeader title={<h1>{t.health.title}</h1>} />
      <div class="sheet health">
        {problem !== null && <Problem text={problem} />}
        {!now || !view ? problem === null && <Loading /> : <Findings status={now} parts={view} />}
        {view && (
          <section aria-labelledby="health-parts">
            <h2 id="health-parts">{t.health.parts}</h2>
            <Parts view={view} />
          </section>
        )}
        {now && (
          <section aria-labelledby="health-version">
            <h2 id="health-version">{t.health.version}</h2>
            <Version status={now} />
          </section>
        )}
        <section aria-labelledby="health-backup">
          <h2 id="health-backup">{t.health.backup}</h2>
          <p class="quiet">{t.health.backupAbout}</p>
          <Command text="./mobyclaw backup" />
        </section>
        <LogView />
      </div>
    </>
  );
}

function Findings({ status, parts }: { status: Status; parts: PartsView }) {
  const findings = findingsOf(status, parts);
  return (
    <section aria-labelledby="health-now">
      <h2 id="health-now">{t.health.states[status.state]}</h2>
      <div role="status">
        {findings.length === 0 ? (
          <p class="quiet">{t.health.nothingWrong}</p>
        ) : (
          <ul class="findings">
            {findings.map(({ what, text }) => (
              <li key={`${what}:${text}`}>
                <strong>{what}</strong> <span>{text}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      <p class="quiet">{t.health.doctor}</p>
      <Command text="./mobyclaw doctor" />
    </section>
  );
}

function Parts({ view: { parts } }: { view: PartsView }) {
  return (
    <ul class="rows">
      {parts.map(({ name, state, version, restarts = 0, problem }) => (
        <li key={name}>
          <div class="row-text">
            <strong>{t.health.partNames[name] ?? name}</strong>{' '}
            <span class={`tag part-${state}`}>{t.health.partStates[state] ?? state}</span>
            <span class="quiet">
              {[version, restarts > 0 ? t.health.restarts(restarts) : ''].filter(Boolean).join(' · ')}
            </span>
            {problem !== undefined && <span class="failure">{problem}</span>}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Version({ status: { version, startedAt, agent, sessions, store } }: { status: Status }) {
  const ofPage = document.querySelector<HTMLMetaElement>('meta[name=version]')?.content ?? '';
  const ofGateway = live.version.value ?? version;
  return (
    <>
      <dl class="facts">
        <dt>{t.moby}</dt>
        <dd>{ofGateway}</dd>
        <dt>{t.health.engine}</dt>
        <dd>{[agent.engine, agent.version, agent.model].filter(Boolean).join(' · ')}</dd>
        <dt>{t.health.since}</dt>
        <dd>{fullTime(startedAt)}</dd>
        <dt>{t.health.kept}</dt>
        <dd>{t.health.keptText(sessions, store.bytes)}</dd>
      </dl>
      {ofPage !== ofGateway && (
        <p role="status">
          {t.health.pageIsOther(ofPage)}{' '}
          <button type="button" class="link" onClick={() => location.reload()}>
            {t.reload}
          </button>
        </p>
      )}
      <p class="quiet">{t.health.upgradeAbout}</p>
      <Command text="./mobyclaw upgrade" />
    </>
  );
}

function Command({ text }: { text: string }) {
  return (
    <p class="command-line">
      <code class="command">{text}</code>
      <CopyButton text={text} label={t.copy} />
    </p>
  );
}
