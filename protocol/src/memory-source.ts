/** Where a line of the memory comes from, as `GET /api/memory/why`, the tool `memory_why` and the command line tell it. */
import * as z from 'zod';
import { askerSchema } from './capability.ts';

/** Who had a line written, from the capability that the gateway signed. */
export const lineSourceSchema = z.object({
  at: z.iso.datetime(),
  turn: z.string().optional(),
  session: z.string().optional().describe('the conversation'),
  asker: askerSchema.optional().describe('on whose behalf it was written'),
  sender: z.string().optional().describe('who wrote the message'),
});
export type LineSource = z.infer<typeof lineSourceSchema>;

export const lineStateSchema = z.enum(['written', 'moved', 'edited', 'before', 'by-hand']).meta({
  description:
    'written: as a tool wrote it; moved: to another file since; edited: by hand since; before: there before sources were kept, so not known since when; by-hand: no tool wrote it',
});

export const whyLineSchema = z.object({
  file: z.string(),
  line: z.int().describe('from 1'),
  text: z.string(),
  state: lineStateSchema,
  source: lineSourceSchema.nullable(),
  written: z.string().optional().describe('as a tool wrote it, where it was edited by hand since'),
  from: z.string().optional().describe('the file it was written to, where it was moved since'),
  replaced: z.string().optional().describe('the line that stood there before'),
  said: z.string().optional().describe('words of the person, by which it replaced that line'),
});
export type WhyLine = z.infer<typeof whyLineSchema>;

/** A line that a tool wrote and that stands nowhere any more. */
export const goneLineSchema = z.object({
  file: z.string(),
  text: z.string(),
  source: lineSourceSchema,
  removed: lineSourceSchema.nullable().describe('by a tool; null: by hand'),
});
export type GoneLine = z.infer<typeof goneLineSchema>;

export const whyAnswerSchema = z
  .object({
    query: z.string(),
    since: z.iso.datetime().nullable().describe('since when sources are kept'),
    lines: z.array(whyLineSchema),
    gone: z.array(goneLineSchema),
  })
  .meta({ id: 'MemoryWhy' });
export type WhyAnswer = z.infer<typeof whyAnswerSchema>;
