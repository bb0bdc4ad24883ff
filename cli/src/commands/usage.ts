/** What Moby's thinking costs, and the budget. */
import { type UsageReport, usageReportSchema } from '@mobyclaw/protocol/usage';
import { z } from 'zod';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { print, printJson, say, table } from '../terminal.ts';
import { localTime } from '../time.ts';

interface Options {
  days: string;
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .command('show', { isDefault: true })
    .description('tokens and cost by model, trigger and conversation')
    .option('--days <n>', 'of so many days', '30')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await show(context, options)));
  target
    .command('lift')
    .description('lift the budget for the rest of the day')
    .action(async () => exit(await lift(context)));
};

async function show(context: Context, { days, json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  if (!/^[1-9]\d{0,3}$/.test(days)) throw new UsageError(`--days takes a number of days, not "${days}".`);
  const report = await context.withGateway((gateway) =>
    gateway.json(usageReportSchema, `/api/usage?days=${days}`),
  );
  if (json) {
    printJson(terminal, report);
    return EXIT.ok;
  }
  const models = report.byModel.map(({ model, turns, inputTokens, outputTokens, costUsd }) => [
    model,
    String(turns),
    String(inputTokens + outputTokens),
    costUsd === null ? 'unknown' : dollars(costUsd),
  ]);
  print(terminal, table([['MODEL', 'TURNS', 'TOKENS', 'COST'], ...models]));
  for (const [title, groups] of [
    ['TRIGGER', report.bySource],
    ['CONVERSATION', report.bySession],
  ] as const) {
    const rows = groups.map(({ name, turns, tokens, costUsd, unpricedTurns }) => [
      name,
      String(turns),
      String(tokens),
      `${dollars(costUsd)}${unpricedTurns > 0 ? ` and ${unpricedTurns} turns of unknown price` : ''}`,
    ]);
    print(terminal, `\n${table([[title, 'TURNS', 'TOKENS', 'COST'], ...rows])}`);
  }
  if (report.budget) print(terminal, `\n${budgetLines(report.budget).join('\n')}`);
  return EXIT.ok;
}

function budgetLines({ day, month, lifted, problem }: NonNullable<UsageReport['budget']>): string[] {
  const line = (name: string, period: typeof day): string => {
    const caps = [
      period.capUsd === undefined ? '' : `${dollars(period.spentUsd)} of ${dollars(period.capUsd)}`,
      period.capTokens === undefined ? '' : `${period.spentTokens} of ${period.capTokens} tokens`,
    ].filter((text) => text !== '');
    return `${name}: ${caps.length === 0 ? 'no cap' : caps.join(', ')}`;
  };
  return [
    line('today', day),
    line('this month', month),
    ...(lifted ? ['The budget is lifted for the rest of the day.'] : []),
    ...(problem === undefined ? [] : [problem]),
  ];
}

async function lift(context: Context): Promise<ExitCode> {
  const { until } = await context.withGateway((gateway) =>
    gateway.json(z.object({ until: z.string() }), '/api/usage/lift', { method: 'POST' }),
  );
  say(
    context.terminal,
    `The budget is lifted until ${localTime(until, context.settings.values.MOBYCLAW_TZ)}.`,
  );
  return EXIT.ok;
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}
