import * as z from 'zod';
import { channelStatusSchema } from './channel.ts';
import { beatViewSchema, heartbeatViewSchema } from './heartbeat.ts';
import { ownerChannelViewSchema } from './owner-channel.ts';
import { contextSchema } from './session.ts';
import { budgetReportSchema } from './usage.ts';

export const statusSchema = z
  .object({
    version: z.string(),
    startedAt: z.iso.datetime(),
    state: z.enum(['ready', 'agent-down', 'reloading', 'draining']),
    agent: z.object({
      reachable: z.boolean(),
      engine: z.string().describe('cagent or embedded'),
      version: z.string().optional(),
      generation: z
        .enum(['messages-array', 'messages-object', 'unknown'])
        .describe('form of the run body it speaks'),
      model: z.string().optional().describe('as the agent named it in its last run'),
      detail: z.string().optional().describe('what is wrong, and what to do'),
      toolProblems: z
        .array(z.string())
        .optional()
        .describe('tool servers of soul.yaml that cannot be used, each with the reason'),
    }),
    soul: z.object({
      state: z
        .enum(['in-force', 'reloading', 'rejected', 'differs', 'unknown'])
        .describe('differs: the agent runs another file than the one that was confirmed'),
      problem: z.string().optional().describe('why the file is not in force, with line and cause'),
    }),
    turns: z.object({ running: z.int(), queued: z.int(), limit: z.int() }),
    questions: z.object({ open: z.int() }).optional().describe('that wait for the owner'),
    channels: z.array(channelStatusSchema).optional().describe('messaging, where it is enabled'),
    ownerChannel: ownerChannelViewSchema.optional().describe('where the owner has chosen one'),
    heartbeat: heartbeatViewSchema
      .pick({ state: true, nextAt: true, failures: true, model: true })
      .extend({
        last: beatViewSchema
          .pick({ slot: true, outcome: true, detail: true, why: true, text: true, turn: true, usage: true })
          .optional(),
      })
      .optional(),
    schedules: z
      .object({ active: z.int(), failed: z.int().describe('switched off after failures') })
      .optional(),
    budget: budgetReportSchema.optional().describe('where a cap is set'),
    sessions: z.int(),
    fullest: contextSchema
      .extend({ session: z.string() })
      .optional()
      .describe('the conversation in which the model is fullest'),
    compactions: z
      .object({
        failed: z.int().describe('that wait to be tried again; what was said is in the history meanwhile'),
        session: z.string().describe('of the last of them'),
        reason: z.string(),
        nextAt: z.iso.datetime(),
      })
      .optional()
      .describe('where a conversation could not be made shorter, or what should last not be written down'),
    embeddings: z
      .object({
        model: z.string(),
        where: z.enum(['server', 'local']),
        done: z.int().describe('pieces of memory and history that have a vector of it'),
        of: z.int(),
        failing: z
          .object({ since: z.iso.datetime(), reason: z.string() })
          .optional()
          .describe('while no vectors can be made; words alone are searched'),
      })
      .optional()
      .describe('what search by meaning has, where there is a model for it'),
    store: z.object({ path: z.string(), bytes: z.int() }),
  })
  .meta({ id: 'Status' });

export type Status = z.infer<typeof statusSchema>;
