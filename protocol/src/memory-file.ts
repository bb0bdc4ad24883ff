/** The memory's files as their owner reads and edits them, by `/api/memory/…`. */
import * as z from 'zod';

/** Names a text: saved again by it, nothing that came in between is lost. */
const version = z.string().describe('names this text; null: there is no such file');

export const memoryFileHeadSchema = z
  .object({
    name: z.string().describe('such as MEMORY.md or memory/2026-01-31.md'),
    bytes: z.int(),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: 'MemoryFileHead' });
export type MemoryFileHead = z.infer<typeof memoryFileHeadSchema>;

export const memoryFilesSchema = z.object({
  items: z.array(memoryFileHeadSchema),
  today: z.string().describe('YYYY-MM-DD, where the owner lives'),
});
export type MemoryFiles = z.infer<typeof memoryFilesSchema>;

export const ownerFileSchema = z
  .object({
    name: z.string(),
    text: z.string(),
    version: version.nullable(),
  })
  .meta({ id: 'OwnerFile' });
export type OwnerFile = z.infer<typeof ownerFileSchema>;

export const ownerFileSaveSchema = z.object({
  name: z.string().min(1).max(200),
  text: z.string(),
  version: version.nullable().describe('of the text that was edited; another one by now is a conflict'),
});
export type OwnerFileSave = z.infer<typeof ownerFileSaveSchema>;

export const fileVersionSchema = z
  .object({
    at: z.iso.datetime().describe('when a program replaced it'),
    bytes: z.int(),
  })
  .meta({ id: 'FileVersion' });
export type FileVersion = z.infer<typeof fileVersionSchema>;

export const fileVersionsSchema = z.object({ items: z.array(fileVersionSchema) });

export const memoryHitSchema = z
  .object({
    file: z.string(),
    line: z.int().describe('from 1'),
    section: z.string(),
    snippet: z.string(),
    at: z.string().nullable().describe('when it was said, as the file tells: YYYY-MM-DD, with HH:MM'),
    speaker: z.string().nullable(),
    before: z.string().nullable().describe('the piece right before it'),
    after: z.string().nullable(),
    session: z
      .string()
      .optional()
      .describe('the conversation in which it was written down, where that is known'),
    title: z.string().optional().describe('of that conversation, where it has one'),
  })
  .meta({ id: 'MemoryHit' });
export type MemoryHit = z.infer<typeof memoryHitSchema>;

export const memoryHitsSchema = z.object({
  items: z.array(memoryHitSchema),
  unread: z.array(z.string()).describe('why a file is not searched, one sentence each'),
  missing: z.int().describe('files that are not in the index yet'),
});
export type MemoryHits = z.infer<typeof memoryHitsSchema>;
