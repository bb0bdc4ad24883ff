/** What Moby may reach outside: the mode, the rules, what is asked and refused, and the log of the door. */
import type { DoorRow } from '@mobyclaw/protocol/egress';
import type { EgressEdit, EgressMode, HostRule } from '@mobyclaw/protocol/egress-rules';
import type { EgressView as View } from '@mobyclaw/protocol/egress-view';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { DoorLog } from './door-log.tsx';

const MODES: readonly EgressMode[] = ['model', 'ask', 'open'];

export function EgressView() {
  const view = useResource<View>('/api/egress', ['egress', 'questions']);
  const [refusal, setRefusal] = useState<string | null>(null);
  const value = view.value.value;
  const change = async (edit: EgressEdit): Promise<boolean> => {
    try {
      await ask('/api/egress', { method: 'PUT', body: edit });
      setRefusal(null);
      return true;
    } catch (error) {
      setRefusal(messageOf(error));
      return false;
    } finally {
      void view.refresh();
    }
  };
  const problem = refusal ?? view.problem.value;
  return (
    <>
      <ViewHeader title={<h1>{t.egress.title}</h1>} />
      <div class="sheet egress">
        {problem !== null && <Problem text={problem} />}
        {!value && view.problem.value === null && <Loading />}
        {value && (
          <>
            {value.door !== 'up' && <Problem text={t.egress.doors[value.door]} />}
            {value.problem && <Problem text={t.egress.fault(value.problem.line, value.problem.message)} />}
            <Mode view={value} change={change} />
            <Rules view={value} change={change} />
            <Asked view={value} />
            <Refused rows={value.refused} change={change} />
          </>
        )}
        <DoorLog />
      </div>
    </>
  );
}

type Change = (edit: EgressEdit) => Promise<boolean>;

function Mode({ view: { rules }, change }: { view: View; change: Change }) {
  return (
    <section aria-labelledby="egress-mode">
      <h2 id="egress-mode">{t.egress.mode}</h2>
      <select
        class="button"
        aria-labelledby="egress-mode"
        value={rules.mode}
        onChange={({ currentTarget }) => void change({ do: 'mode', mode: currentTarget.value as EgressMode })}
      >
        {MODES.map((mode) => (
          <option key={mode} value={mode}>
            {t.egress.modes[mode]}
          </option>
        ))}
      </select>
      <p>
        <label>
          <input
            type="checkbox"
            checked={rules.packages}
            onChange={({ currentTarget }) => void change({ do: 'packages', on: currentTarget.checked })}
          />{' '}
          {t.egress.packages}
        </label>
      </p>
    </section>
  );
}

function Rules({ view: { rules }, change }: { view: View; change: Change }) {
  const [host, setHost] = useState('');
  const rows = [
    ...rules.allow.map((rule) => ({ rule, kind: t.egress.allowed })),
    ...rules.deny.map((rule) => ({ rule, kind: t.egress.denied })),
  ];
  const add = async (edit: EgressEdit): Promise<void> => {
    if (host.trim() !== '' && (await change(edit))) setHost('');
  };
  return (
    <section aria-labelledby="egress-rules">
      <h2 id="egress-rules">{t.egress.rules}</h2>
      {rows.length === 0 ? (
        <p class="quiet">{t.egress.noRules}</p>
      ) : (
        <ul class="rows">
          {rows.map(({ rule, kind }) => (
            <li key={`${kind}:${JSON.stringify(rule)}`}>
              <div class="row-text">
                <strong>{rule.host}</strong> <span class="tag">{kind}</span>
                <span class="quiet">{limitsOf(rule)}</span>
              </div>
              <button
                type="button"
                class="button"
                aria-label={t.egress.forget(rule.host)}
                onClick={() => void change({ do: 'forget', host: rule.host })}
              >
                {t.egress.remove}
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void add({ do: 'allow', rule: { host: host.trim() } });
        }}
      >
        <label for="egress-host">{t.egress.host}</label>
        <input
          id="egress-host"
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-describedby="egress-host-about"
          value={host}
          onInput={({ currentTarget }) => setHost(currentTarget.value)}
        />
        <p class="quiet" id="egress-host-about">
          {t.egress.hostAbout}
        </p>
        <button type="submit" class="button primary">
          {t.egress.allow}
        </button>{' '}
        <button type="button" class="button" onClick={() => void add({ do: 'deny', host: host.trim() })}>
          {t.egress.deny}
        </button>
      </form>
    </section>
  );
}

function limitsOf({ ports = [], methods = [], paths = [], private: isPrivate }: HostRule): string {
  return [ports.join(', '), methods.join(', '), paths.join(', '), isPrivate ? 'private' : '']
    .filter(Boolean)
    .join(' · ');
}

function Asked({ view: { asked } }: { view: View }) {
  if (asked.length === 0) return null;
  return (
    <section aria-labelledby="egress-asked">
      <h2 id="egress-asked">{t.egress.asked}</h2>
      <ul class="rows">
        {asked.map(({ question, host, port }) => (
          <li key={question}>
            <strong>{target(host, port)}</strong>
          </li>
        ))}
      </ul>
      <p>
        <a href={hrefOf('questions')}>{t.egress.askedAbout}</a>
      </p>
    </section>
  );
}

function Refused({ rows, change }: { rows: readonly DoorRow[]; change: Change }) {
  const hosts = [...new Map(rows.map((row) => [target(row.host, row.port), row])).entries()];
  if (hosts.length === 0) return null;
  return (
    <section aria-labelledby="egress-refused">
      <h2 id="egress-refused">{t.egress.refused}</h2>
      <ul class="rows">
        {hosts.map(([name, { host, port, reason }]) => (
          <li key={name}>
            <div class="row-text">
              <strong>{name}</strong> <span class="quiet">{reason}</span>
            </div>
            <button
              type="button"
              class="button"
              aria-label={t.egress.allowHost(name)}
              onClick={() =>
                void change({ do: 'allow', rule: name === host ? { host } : { host, ports: [port] } })
              }
            >
              {t.egress.allow}
            </button>
            <button
              type="button"
              class="button"
              aria-label={t.egress.denyHost(name)}
              onClick={() => void change({ do: 'deny', host })}
            >
              {t.egress.deny}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function target(host: string, port: number): string {
  return port === 443 || port === 80 ? host : `${host}:${port}`;
}
