import * as z from 'zod';

export const tokenScopeSchema = z
  .union([
    z.enum(['admin', 'chat', 'read', 'agent']),
    z.templateLiteral(['hook:', z.string().regex(/^[\w-]{1,64}$/)]),
  ])
  .meta({ id: 'TokenScope' });

export type TokenScope = z.infer<typeof tokenScopeSchema>;

export const tokenRequestSchema = z
  .strictObject({ name: z.string().min(1).max(64), scope: tokenScopeSchema })
  .meta({ id: 'TokenRequest' });

export const tokenViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: tokenScopeSchema,
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().optional(),
    expiresAt: z.iso.datetime().optional().describe('of a browser that was let in, when that ends'),
    token: z.string().optional().describe('the secret itself, shown once, at creation'),
  })
  .meta({ id: 'Token' });

export type TokenView = z.infer<typeof tokenViewSchema>;
