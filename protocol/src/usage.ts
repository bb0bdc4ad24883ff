import { z } from 'zod';

export const usageSchema = z
  .object({
    inputTokens: z.int(),
    outputTokens: z.int(),
    cachedTokens: z.int().optional(),
    costUsd: z.number().optional().describe('absent where no price is known, which is not the same as free'),
    model: z.string(),
  })
  .meta({ id: 'Usage' });

export type Usage = z.infer<typeof usageSchema>;

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
        costUsd: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'UsageReport' });

export type UsageReport = z.infer<typeof usageReportSchema>;
