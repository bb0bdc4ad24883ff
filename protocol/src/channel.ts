/** Messaging channels, who may talk to Moby, and pushed messages. */
import * as z from 'zod';
import { ownerChannelViewSchema } from './owner-channel.ts';
import { attachmentSchema, MAX_ATTACHMENTS } from './prompt.ts';
import { sessionKeySchema } from './session-key.ts';

export const channelStatusSchema = z
  .object({
    channel: z.string().describe('telegram, discord, slack or whatsapp'),
    state: z
      .enum(['connecting', 'up', 'down', 'stopped'])
      .describe('down: is tried again; stopped: by an error that only a person can mend'),
    since: z.iso.datetime(),
    receivePathWorkedAt: z.iso
      .datetime()
      .optional()
      .describe('when something last came in, if only a sign of life'),
    reason: z
      .string()
      .optional()
      .describe('why it is not up, or what is wrong although it is, and what to do'),
    fatal: z.boolean().describe('it is not tried again until the gateway starts anew'),
    waiting: z.int().describe('deliveries that wait to be sent'),
    connects: z.int().describe('connections made since the gateway started'),
    login: z
      .object({
        qr: z.string().optional().describe('text of a QR code to scan'),
        pairingCode: z.string().optional().describe('code to type on the phone'),
        expiresAt: z.iso.datetime(),
      })
      .optional()
      .describe('the owner has to log in'),
  })
  .meta({ id: 'ChannelStatus' });

export const loginRequestSchema = z
  .strictObject({
    anew: z.boolean().default(false).describe('forgets the login that is there'),
  })
  .meta({ id: 'LoginRequest' });

export type ChannelStatusView = z.infer<typeof channelStatusSchema>;

export const channelsViewSchema = z
  .object({
    items: z.array(channelStatusSchema),
    owner: ownerChannelViewSchema
      .optional()
      .describe('where results of schedules and heartbeats go, where one was chosen'),
    trouble: z
      .array(
        z.object({
          delivery: z.string(),
          channel: z.string(),
          state: z
            .enum(['failed', 'unknown'])
            .describe('unknown: it may have arrived; it is not repeated unasked'),
          error: z.string().optional(),
          createdAt: z.iso.datetime(),
        }),
      )
      .describe('messages that were not, or perhaps not, delivered; newest first'),
  })
  .meta({ id: 'Channels' });

export type ChannelsView = z.infer<typeof channelsViewSchema>;

export const roleSchema = z.enum(['owner', 'guest']).meta({ id: 'Role' });

export const pairingsViewSchema = z
  .object({
    pending: z.array(
      z.object({
        code: z.string(),
        platform: z.string(),
        user: z.string().describe('id at the platform'),
        name: z.string().describe('as the person calls himself: anybody can take any name'),
        channel: z.string(),
        expiresAt: z.iso.datetime(),
      }),
    ),
    people: z.array(
      z.object({
        platform: z.string(),
        user: z.string(),
        name: z.string(),
        role: roleSchema,
        channel: z.string(),
        lastSeenAt: z.iso.datetime(),
      }),
    ),
    groups: z.array(z.object({ channel: z.string(), mention: z.boolean() })),
    closedGroups: z
      .array(
        z.object({
          channel: z.string(),
          title: z.string().describe('as its members call it; may be empty'),
          askedAt: z.iso.datetime(),
        }),
      )
      .default([])
      .describe('where somebody spoke to Moby and he does not answer; newest first'),
  })
  .meta({ id: 'Pairings' });

export type PairingsView = z.infer<typeof pairingsViewSchema>;

export const approveRequestSchema = z
  .strictObject({
    role: roleSchema
      .optional()
      .describe('guest unless given; where the platform has no owner yet it has to be given'),
  })
  .meta({ id: 'ApproveRequest' });

export const approvedSchema = z
  .object({ platform: z.string(), user: z.string(), name: z.string(), role: roleSchema, channel: z.string() })
  .meta({ id: 'Approved' });

export type ApprovedView = z.infer<typeof approvedSchema>;

export const allowRequestSchema = z
  .strictObject({
    mention: z.boolean().default(true).describe('answers only who mentions Moby or replies to him'),
  })
  .meta({ id: 'AllowRequest' });

export const deliverRequestSchema = z
  .strictObject({
    channel: sessionKeySchema.describe('such as telegram:dm:12345'),
    text: z.string().max(200_000).default('').describe('Markdown'),
    attachments: z.array(attachmentSchema).max(MAX_ATTACHMENTS).optional(),
  })
  .refine(
    ({ text, attachments = [] }) => text.trim() !== '' || attachments.length > 0,
    'there is nothing to deliver',
  )
  .meta({ id: 'DeliverRequest' });

export type DeliverRequest = z.infer<typeof deliverRequestSchema>;

export const deliveredSchema = z
  .object({ delivery: z.string().describe('UUIDv7; it is in the outbox, on disk') })
  .meta({ id: 'Delivered' });
