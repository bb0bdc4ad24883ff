import * as z from 'zod';
import { queueModeSchema } from './prompt.ts';

export const sessionViewSchema = z
  .object({
    key: z.string(),
    state: z.enum(['idle', 'running', 'queued']),
    running: z.string().optional().describe('the turn that runs'),
    queued: z.int().describe('turns that wait'),
    queueMode: queueModeSchema,
    messages: z.int(),
    createdAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

export type SessionView = z.infer<typeof sessionViewSchema>;

export const messageViewSchema = z
  .object({
    id: z.int(),
    session: z.string(),
    turn: z.string(),
    role: z.enum(['user', 'assistant', 'marker']).describe('marker: the conversation was reset here'),
    text: z.string(),
    incomplete: z.boolean().optional().describe('the answer was cut'),
    sentBy: z.string().optional().describe('what made Moby send it by himself, such as heartbeat'),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Message' });

export type MessageView = z.infer<typeof messageViewSchema>;

export const searchHitSchema = messageViewSchema
  .extend({
    snippet: z.string().describe('the passage, with matches between « and »'),
    score: z.number().describe('1 for the best hit, less for the others'),
    speaker: z.string().optional().describe('who said it, where the platform tells'),
    before: z.string().optional().describe('how the message right before it in its conversation begins'),
    after: z.string().optional(),
  })
  .meta({ id: 'SearchHit' });

export type SearchHit = z.infer<typeof searchHitSchema>;
