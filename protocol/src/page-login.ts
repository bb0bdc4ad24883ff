/** How a browser is let in: a code of the command line, used once, becomes a cookie. */
import * as z from 'zod';

export const PAGE_CODE_MS = 120_000;

export const pageCodeSchema = z
  .object({ code: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'PageCode' });

export const pageLoginRequestSchema = z
  .strictObject({ code: z.string().min(1).max(200) })
  .meta({ id: 'PageLoginRequest' });

export const pageLoginViewSchema = z
  .object({
    id: z.string().describe('of the login, as GET /api/tokens lists it'),
    version: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'PageLogin' });

export type PageLoginView = z.infer<typeof pageLoginViewSchema>;
