/** What gateway.db holds, and how it grows, as `GET /api/storage` tells it. */
import * as z from 'zod';

export const storageSchema = z
  .object({
    path: z.string(),
    bytes: z.int().describe('of the file'),
    free: z.int().describe('bytes of it that hold nothing'),
    tables: z.array(z.object({ name: z.string(), bytes: z.int().describe('with its indexes') })),
    months: z
      .array(
        z.object({
          month: z.string().describe('YYYY-MM, UTC'),
          messages: z.int(),
          characters: z.int(),
        }),
      )
      .describe('of the history, the newest first'),
  })
  .meta({ id: 'Storage' });
export type Storage = z.infer<typeof storageSchema>;
