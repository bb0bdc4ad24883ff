import * as z from 'zod';

export const usageSchema = z
  .object({
    inputTokens: z.int().describe('with those read from the cache and written to it'),
    outputTokens: z.int(),
    cachedTokens: z.int().optional().describe('read from the cache'),
    cacheWriteTokens: z.int().optional(),
    costUsd: z.number().optional().describe('absent where no price is known, which is not the same as free'),
    model: z.string(),
  })
  .meta({ id: 'Usage' });

export type Usage = z.infer<typeof usageSchema>;

const budgetPeriodSchema = z.object({
  capUsd: z.number().optional(),
  capTokens: z.int().optional(),
  spentUsd: z.number(),
  spentTokens: z.int(),
  unpricedModels: z.array(z.string()).describe('called without a known price'),
  share: z.number().describe('of the nearest cap; 1 and more: nothing runs'),
});

export const budgetReportSchema = z
  .object({
    day: budgetPeriodSchema,
    month: budgetPeriodSchema,
    lifted: z.boolean().describe('by the owner, for the rest of the day'),
    refuses: z
      .enum(['nothing', 'unasked', 'everything'])
      .describe('unasked: what nobody asked for, as heartbeat, schedules and webhooks'),
    why: z.string().optional().describe('what is refused and why, and what to do'),
  })
  .meta({ id: 'Budget' });

export type BudgetReport = z.infer<typeof budgetReportSchema>;

const usageGroupSchema = z.object({
  name: z.string(),
  turns: z.int(),
  tokens: z.int(),
  costUsd: z.number().describe('of the turns whose cost is known'),
  unpricedTurns: z.int(),
});

const countedGroupSchema = z.object({
  calls: z.int(),
  tokens: z.int(),
  costUsd: z.number().describe('of the calls whose cost is known'),
  unpricedCalls: z.int(),
  estimatedCalls: z.int().describe('of which the provider did not say what they used'),
});

const countedUsageSchema = z
  .object({
    since: z.iso.datetime().describe('that of the report, or later where egress counts since then'),
    ofTurns: countedGroupSchema.describe('of turns that have ended'),
    ofRunning: countedGroupSchema.describe('of turns that run, which report at their end'),
    ofNone: countedGroupSchema.describe('belongs to no turn: what was asked in the name of none'),
    refused: z.int().describe('calls that the budget refused'),
    reportedTokens: z.int().describe('of the turns since then, as the agent reported them'),
    differenceTokens: z
      .int()
      .describe(
        'counted of turns, without what was reported: titles, attempts that were cut, compaction by the engine',
      ),
  })
  .meta({ id: 'CountedUsage' });
export type CountedUsage = z.infer<typeof countedUsageSchema>;

export const usageReportSchema = z
  .object({
    since: z.iso.datetime(),
    totals: z.object({
      turns: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      cachedTokens: z.int(),
      costUsd: z.number(),
      unpricedTurns: z.int().describe('turns whose cost is unknown'),
    }),
    byModel: z.array(
      z.object({
        model: z.string(),
        turns: z.int(),
        inputTokens: z.int(),
        outputTokens: z.int(),
        costUsd: z.number().nullable().describe('of the turns whose cost is known'),
        unpricedTurns: z.int(),
      }),
    ),
    bySource: z.array(usageGroupSchema).describe('api, cli, telegram, cron, heartbeat …'),
    bySession: z.array(usageGroupSchema).describe('the dearest ones'),
    counted: countedUsageSchema
      .optional()
      .describe('by egress, from what the providers answered; absent where it does not answer'),
    budget: budgetReportSchema.optional().describe('where a cap is set'),
    priceProblem: z.string().optional().describe('why gateway/prices.yaml cannot be read'),
  })
  .meta({ id: 'UsageReport' });

const usageDaySchema = z.object({
  day: z.string().describe('YYYY-MM-DD, where the owner lives'),
  turns: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().describe('of the turns whose cost is known'),
  unpricedTurns: z.int(),
});

export const dailyUsageSchema = z
  .object({
    items: z.array(usageDaySchema).describe('every day, today the last'),
    month: z.object({
      month: z.string().describe('YYYY-MM'),
      spentUsd: z.number(),
      spentTokens: z.int(),
      projectedUsd: z.number().describe('what the month comes to if it goes on as in the last seven days'),
      projectedTokens: z.int(),
    }),
  })
  .meta({ id: 'DailyUsage' });
export type DailyUsage = z.infer<typeof dailyUsageSchema>;

export type UsageTotals = UsageReport['totals'];

export type UsageReport = z.infer<typeof usageReportSchema>;
