import * as z from 'zod';
import { queueModeSchema } from './prompt.ts';
import { usageSchema } from './usage.ts';

export const contextSchema = z
  .object({
    tokens: z.int().describe('that the model read and wrote in its last call'),
    window: z.int().describe('how many it can'),
    share: z.number().describe('tokens by window, from 0'),
    source: z
      .enum(['reported', 'named', 'learned', 'known', 'estimated'])
      .describe(
        'where the window is from: the engine, the owner, a refusal of the provider, the table of known models, or an estimate',
      ),
  })
  .meta({ id: 'Context' });

export type Context = z.infer<typeof contextSchema>;

export const sessionViewSchema = z
  .object({
    key: z.string(),
    state: z.enum(['idle', 'running', 'queued']),
    running: z.string().optional().describe('the turn that runs'),
    queued: z.int().describe('turns that wait'),
    queueMode: queueModeSchema,
    model: z.string().optional().describe('that was chosen for it, instead of the one in soul.yaml'),
    title: z.string().optional().describe('what the owner calls it'),
    opening: z.string().optional().describe('how its first message begins'),
    messages: z.int(),
    context: contextSchema.optional().describe('how full the model is, once it was asked'),
    spent: z
      .object({
        turns: z.int().describe('in which a model was called'),
        tokens: z.int(),
        costUsd: z.number(),
        unpricedTurns: z.int().describe('whose cost is not known, and not in costUsd'),
      })
      .optional()
      .describe('since it began; with a single conversation only'),
    createdAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

export const modelListSchema = z
  .object({
    items: z.array(z.string()).describe('entries of models in soul.yaml; provider/model does, too'),
    own: z.string().describe('that Moby thinks with where none is chosen'),
    choosable: z.boolean().describe('whether the engine can be asked for another one in one conversation'),
  })
  .meta({ id: 'Models' });

export type SessionView = z.infer<typeof sessionViewSchema>;

export const sessionChangeSchema = z
  .strictObject({
    queueMode: queueModeSchema.optional(),
    model: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .nullable()
      .optional()
      .describe('an entry of models in soul.yaml, or provider/model; null: the one in soul.yaml'),
    title: z.string().trim().max(120).nullable().optional().describe('null or empty: none of its own'),
  })
  .meta({ id: 'SessionChange', description: 'What is left out stays' });

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
    files: z
      .array(z.object({ name: z.string(), mime: z.string() }))
      .optional()
      .describe('of the turn: GET /api/turns/{turn}/files/{index}'),
    error: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .describe('at the last message of a turn that was not answered: why'),
    usage: usageSchema.optional().describe('at the answer: what its turn took'),
  })
  .meta({ id: 'Message' });

export type MessageView = z.infer<typeof messageViewSchema>;

export const searchHitSchema = messageViewSchema
  .extend({
    snippet: z.string().describe('the passage, with matches between « and »'),
    score: z.number().describe('1 for the best hit, less for the others'),
    speaker: z.string().optional().describe('who said it, where the platform tells'),
    title: z.string().optional().describe('of the conversation, where it has one'),
    before: z.string().optional().describe('how the message right before it in its conversation begins'),
    after: z.string().optional(),
  })
  .meta({ id: 'SearchHit' });

export type SearchHit = z.infer<typeof searchHitSchema>;
