/** Webhooks: `POST /hooks/:name` starts a turn. */
import * as z from 'zod';
import { sessionKeySchema } from './session-key.ts';

export const hookNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'take small letters, digits and dashes; for example github-push');

export const hookProofSchema = z
  .enum(['github', 'standard', 'bearer'])
  .describe(
    'how a sender proves itself: GitHub’s X-Hub-Signature-256; Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature); or Authorization: Bearer',
  );

export type HookProof = z.infer<typeof hookProofSchema>;

export const hookRequestSchema = z
  .strictObject({
    name: hookNameSchema,
    proof: hookProofSchema,
    template: z
      .string()
      .min(1)
      .max(4000)
      .optional()
      .describe(
        'what Moby is asked; {{field.of.payload}} stands for one value. The payload follows, as untrusted content',
      ),
    channel: sessionKeySchema
      .refine((key) => /^(telegram|discord|slack|whatsapp):/.test(key), 'take a chat, such as telegram:dm:42')
      .optional()
      .describe('where the answer goes, such as telegram:dm:42'),
  })
  .meta({ id: 'HookRequest' });

export const hookViewSchema = z
  .object({
    name: z.string(),
    proof: hookProofSchema,
    template: z.string(),
    channel: z.string().optional(),
    path: z.string(),
    createdAt: z.iso.datetime(),
    receivedAt: z.iso.datetime().optional(),
    secret: z.string().optional().describe('shown once, at creation'),
  })
  .meta({ id: 'Hook' });

export type HookView = z.infer<typeof hookViewSchema>;
