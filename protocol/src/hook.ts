/** Webhooks: `POST /hooks/:name` starts a turn. */
import * as z from 'zod';
import { ownerChannelSchema } from './owner-channel.ts';

export const hookNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'take small letters, digits and dashes; for example github-push');

export const hookProofSchema = z
  .enum(['github', 'standard', 'bearer'], 'write github, standard or bearer')
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
      .refine((text) => !/\{\{(?!\s*[\w.-]+\s*\}\})/.test(text), {
        message: 'a {{ is not closed, or no name stands in it: write {{field.of.payload}}',
      })
      .optional()
      .describe(
        'what Moby is asked; {{field.of.payload}} stands for one value. The payload follows, as untrusted content',
      ),
    channel: ownerChannelSchema
      .optional()
      .describe('where the answer goes, such as telegram:dm:42; unless given, as for schedules'),
    events: z
      .array(z.string().regex(/^[a-z_]{1,64}$/, 'take events as GitHub names them, such as pull_request'))
      .min(1)
      .max(50)
      .optional()
      .describe('the events of GitHub that start a turn, such as push; all unless given'),
    session: z
      .enum(['keep', 'fresh'], 'write keep or fresh')
      .optional()
      .describe(
        'fresh (default): each delivery begins anew; keep: each knows those before, the last exchanges at least',
      ),
    trusted: z
      .boolean()
      .optional()
      .describe(
        'its turns have the owner’s reach: shell, files, memory, all chats. Unless given, they only answer',
      ),
  })
  .refine(({ proof, events }) => events === undefined || proof === 'github', {
    path: ['events'],
    message: 'only GitHub says what event it is; use proof github, or leave events out',
  })
  .meta({ id: 'HookRequest' });

export const hookViewSchema = z
  .object({
    name: z.string(),
    proof: hookProofSchema,
    template: z.string(),
    channel: z.string().optional(),
    target: z.string().optional().describe('where the answer goes as things stand'),
    events: z.array(z.string()).optional(),
    session: z.enum(['keep', 'fresh']).optional().describe('always there, but in answers of older versions'),
    trusted: z.boolean().optional(),
    path: z.string(),
    createdAt: z.iso.datetime(),
    receivedAt: z.iso.datetime().optional(),
    secret: z.string().optional().describe('shown once, at creation'),
  })
  .meta({ id: 'Hook' });

export type HookView = z.infer<typeof hookViewSchema>;

export const hookDetailSchema = hookViewSchema
  .extend({
    deliveries: z
      .array(
        z.object({
          receivedAt: z.iso.datetime(),
          event: z.string().optional(),
          turn: z.string(),
          state: z.string().optional().describe('of the turn'),
        }),
      )
      .describe('the last ones, newest first'),
  })
  .meta({ id: 'HookDetail' });

export type HookDetail = z.infer<typeof hookDetailSchema>;

/** What a sender is told: the turn that its delivery began, or why it began none. */
export const hookReceptionSchema = z
  .object({
    turn: z.string().optional(),
    duplicate: z.boolean().optional().describe('it had arrived before'),
    ignored: z.string().optional().describe('why no turn was begun'),
  })
  .meta({ id: 'HookReception' });
