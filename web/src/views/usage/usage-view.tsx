/** What Moby costs: by day, model, trigger and conversation; how near the cap is, and what the month will come to. */
import { countedNotes, countedRows } from '@mobyclaw/lib/usage-text';
import type { BudgetReport, CountedUsage, DailyUsage, UsageReport } from '@mobyclaw/protocol/usage';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { dayText } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { DayChart } from './day-chart.tsx';
import { dollars, tokensText } from './figures.ts';

const PERIODS = [7, 30, 90, 365];

export function UsageView() {
  const [days, setDays] = useState(30);
  const report = useResource<UsageReport>(`/api/usage?days=${days}`, ['turns']);
  const daily = useResource<DailyUsage>(`/api/usage/days?days=${days}`, ['turns']);
  const value = report.value.value;
  const perDay = daily.value.value;
  const problem = report.problem.value ?? daily.problem.value;
  return (
    <>
      <ViewHeader title={<h1>{t.usage.title}</h1>}>
        <select
          class="button"
          aria-label={t.usage.period}
          value={String(days)}
          onChange={({ currentTarget }) => setDays(Number(currentTarget.value))}
        >
          {PERIODS.map((count) => (
            <option key={count} value={String(count)}>
              {t.usage.lastDays(count)}
            </option>
          ))}
        </select>
      </ViewHeader>
      <div class="sheet usage">
        {problem !== null && (
          <Problem text={problem} onRetry={() => void Promise.all([report.refresh(), daily.refresh()])} />
        )}
        {(!value || !perDay) && problem === null && <Loading />}
        {value?.priceProblem !== undefined && <Problem text={value.priceProblem} />}
        {value && perDay && (
          <>
            <Totals report={value} daily={perDay} />
            {value.budget && <Budget budget={value.budget} onLifted={() => void report.refresh()} />}
            <section aria-labelledby="usage-days">
              <h2 id="usage-days">{t.usage.byDay}</h2>
              <DayChart items={perDay.items} />
              <DayTable daily={perDay} />
            </section>
            <Groups
              title={t.usage.byModel}
              rows={value.byModel.map(
                ({ model, turns, inputTokens, outputTokens, costUsd, unpricedTurns }) => ({
                  name: model,
                  turns,
                  tokens: inputTokens + outputTokens,
                  costUsd: costUsd ?? 0,
                  unpricedTurns,
                }),
              )}
            />
            <Groups
              title={t.usage.bySource}
              rows={value.bySource.map((row) => ({ ...row, name: t.platforms[row.name] ?? row.name }))}
            />
            <Groups title={t.usage.bySession} rows={value.bySession} areConversations />
            {value.counted && <Counted counted={value.counted} />}
          </>
        )}
      </div>
    </>
  );
}

function Totals({ report: { totals }, daily: { month } }: { report: UsageReport; daily: DailyUsage }) {
  const isPriced = totals.costUsd > 0 || totals.unpricedTurns === 0;
  const used = totals.inputTokens + totals.outputTokens;
  const projected = month.projectedUsd > 0 ? dollars(month.projectedUsd) : tokensText(month.projectedTokens);
  return (
    <dl class="figures">
      <div>
        <dt>{t.usage.cost}</dt>
        <dd>{isPriced ? dollars(totals.costUsd) : t.usage.unknown}</dd>
        {totals.unpricedTurns > 0 && <dd class="quiet">{t.usage.unpriced(totals.unpricedTurns)}</dd>}
      </div>
      <div>
        <dt>{t.usage.tokens}</dt>
        <dd>{tokensText(used)}</dd>
        <dd class="quiet">
          {t.usage.inOut(tokensText(totals.inputTokens), tokensText(totals.outputTokens))}
        </dd>
      </div>
      <div>
        <dt>{t.usage.answers}</dt>
        <dd>{totals.turns.toLocaleString()}</dd>
      </div>
      <div>
        <dt>{t.usage.thisMonth}</dt>
        <dd>{projected}</dd>
        <dd class="quiet">
          {t.usage.soFar(month.projectedUsd > 0 ? dollars(month.spentUsd) : tokensText(month.spentTokens))}
        </dd>
      </div>
    </dl>
  );
}

function Budget({ budget, onLifted }: { budget: BudgetReport; onLifted: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const lift = async (): Promise<void> => {
    try {
      await ask('/api/usage/lift', { method: 'POST' });
      onLifted();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <section aria-labelledby="usage-cap">
      <h2 id="usage-cap">{t.usage.cap}</h2>
      {(['day', 'month'] as const).map((period) => (
        <Cap key={period} title={t.usage.capOf[period]} period={budget[period]} />
      ))}
      {budget.lifted && <p class="quiet">{t.usage.lifted}</p>}
      {budget.why !== undefined && <p class="problem-text">{budget.why}</p>}
      {budget.refuses !== 'nothing' && !budget.lifted && (
        <button type="button" class="button" onClick={() => void lift()}>
          {t.usage.lift}
        </button>
      )}
      {problem !== null && <Problem text={problem} />}
    </section>
  );
}

function Cap({ title, period }: { title: string; period: BudgetReport['day'] }) {
  const { capUsd, capTokens, spentUsd, spentTokens, share } = period;
  if (capUsd === undefined && capTokens === undefined) return null;
  const caps = [
    ...(capUsd === undefined ? [] : [t.usage.of(dollars(spentUsd), dollars(capUsd))]),
    ...(capTokens === undefined ? [] : [t.usage.of(tokensText(spentTokens), tokensText(capTokens))]),
  ].join(' · ');
  return (
    <div class="cap">
      <span>
        {title}: {caps}
      </span>
      <progress aria-label={title} max={1} value={Math.min(1, share)} />
    </div>
  );
}

function DayTable({ daily: { items } }: { daily: DailyUsage }) {
  const used = items.filter(({ turns }) => turns > 0).toReversed();
  if (used.length === 0) return <p class="quiet">{t.usage.nothing}</p>;
  return (
    <details class="numbers">
      <summary>{t.usage.numbers}</summary>
      <Table
        caption={t.usage.byDay}
        first={t.usage.day}
        rows={used.map(({ day, turns, inputTokens, outputTokens, costUsd, unpricedTurns }) => ({
          key: day,
          name: dayText(`${day}T12:00:00`),
          turns,
          tokens: inputTokens + outputTokens,
          costUsd,
          unpricedTurns,
        }))}
      />
    </details>
  );
}

interface GroupRow {
  name: string;
  turns: number;
  tokens: number;
  costUsd: number;
  unpricedTurns: number;
}

function Groups(props: { title: string; rows: readonly GroupRow[]; areConversations?: boolean }) {
  const { title, rows, areConversations = false } = props;
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <Table
        caption={title}
        first=""
        rows={rows.map((row) => ({
          ...row,
          key: row.name,
          ...(areConversations && { href: hrefOf('chat', row.name) }),
        }))}
      />
    </section>
  );
}

function Counted({ counted }: { counted: CountedUsage }) {
  return (
    <section aria-labelledby="usage-counted">
      <h2 id="usage-counted">{t.usage.counted}</h2>
      <p class="quiet">{t.usage.countedWhy}</p>
      <table class="numbers-table">
        <caption class="unseen">{t.usage.counted}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">{t.usage.counted}</span>
            </th>
            <th scope="col">{t.usage.calls}</th>
            <th scope="col">{t.usage.tokens}</th>
            <th scope="col">{t.usage.cost}</th>
          </tr>
        </thead>
        <tbody>
          {countedRows(counted).map(({ name, calls, tokens, cost }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{calls?.toLocaleString()}</td>
              <td>{tokensText(tokens)}</td>
              <td>{cost}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {countedNotes(counted).map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
    </section>
  );
}

function Table(props: {
  caption: string;
  first: string;
  rows: readonly (GroupRow & { key: string; href?: string })[];
}) {
  const { caption, first, rows } = props;
  return (
    <table class="numbers-table">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{first === '' ? <span class="unseen">{caption}</span> : first}</th>
          <th scope="col">{t.usage.answers}</th>
          <th scope="col">{t.usage.tokens}</th>
          <th scope="col">{t.usage.cost}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, turns, tokens, costUsd, unpricedTurns, href }) => (
          <tr key={key}>
            <th scope="row" dir="auto">
              {href === undefined ? name : <a href={href}>{name}</a>}
            </th>
            <td>{turns.toLocaleString()}</td>
            <td>{tokensText(tokens)}</td>
            <td>{unpricedTurns === turns ? t.usage.unknown : dollars(costUsd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
