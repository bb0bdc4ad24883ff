/** What Moby's thinking costs, and the budget. */
import { tokenCount } from '@mobyclaw/lib/figures';
import {
  capsText,
  costText,
  countedNotes,
  countedRows,
  totalsText,
  unpricedText,
} from '@mobyclaw/lib/usage-text';
import { type UsageReport, usageReportSchema } from '@mobyclaw/protocol/usage';
import * as z from 'zod';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { columnsOf, print, printable, printJson, say, table } from '../terminal.ts';
import { localDay, localTime } from '../time.ts';

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
    .option('--json', 'print JSON')
    .action(async (options: Pick<Options, 'json'>) => exit(await lift(context, options)));
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
  const models = report.byModel.map((row) => [
    printable(row.model),
    String(row.turns),
    tokenCount(row.inputTokens + row.outputTokens),
    costText(row),
  ]);
  print(terminal, table([['MODEL', 'TURNS', 'TOKENS', 'COST'], ...models], columnsOf(terminal)));
  for (const [title, groups] of [
    ['TRIGGER', report.bySource],
    ['CONVERSATION', report.bySession],
  ] as const) {
    const rows = groups.map((row) => [
      printable(row.name),
      String(row.turns),
      tokenCount(row.tokens),
      costText(row),
    ]);
    print(terminal, `\n${table([[title, 'TURNS', 'TOKENS', 'COST'], ...rows])}`);
  }
  if (report.counted) {
    const rows = countedRows(report.counted).map(({ name, calls, tokens, cost }) => [
      name,
      calls === null ? '' : String(calls),
      tokenCount(tokens),
      cost,
    ]);
    print(terminal, `\n${table([['COUNTED ON THE WAY', 'CALLS', 'TOKENS', 'COST'], ...rows])}`);
    for (const note of countedNotes(report.counted)) print(terminal, note);
  }
  print(
    terminal,
    `\nTogether: ${totalsText(report.totals)} (since ${localDay(Date.parse(report.since), context.settings.values.MOBYCLAW_TZ)})`,
  );
  for (const line of [...unpricedLines(report), ...budgetLines(report)]) print(terminal, printable(line));
  return EXIT.ok;
}

function unpricedLines({ byModel, priceProblem }: UsageReport): string[] {
  const unpriced = byModel.filter(({ unpricedTurns }) => unpricedTurns > 0).map(({ model }) => model);
  return [unpricedText(unpriced), priceProblem].flatMap((line) => line ?? []);
}

function budgetLines({ budget }: UsageReport): string[] {
  if (!budget) return ['Budget: none is set; MOBYCLAW_BUDGET_DAY_USD and its like cap what may be spent.'];
  const { day, month, lifted, why } = budget;
  return [
    `Budget today: ${capsText(day) ?? 'no cap'}`,
    `Budget this month: ${capsText(month) ?? 'no cap'}`,
    ...(lifted ? ['The budget is lifted for the rest of the day.'] : []),
    ...(why === undefined ? [] : [why]),
  ];
}

async function lift(context: Context, { json }: Pick<Options, 'json'>): Promise<ExitCode> {
  const lifted = await context.withGateway((gateway) =>
    gateway.json(z.object({ until: z.string() }), '/api/usage/lift', { method: 'POST' }),
  );
  if (json) printJson(context.terminal, lifted);
  else {
    const until = localTime(lifted.until, context.settings.values.MOBYCLAW_TZ);
    say(context.terminal, `The budget is lifted until ${until}.`);
  }
  return EXIT.ok;
}
