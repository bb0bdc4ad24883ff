/**
 * `run/upgrade.json`: an upgrade that has not come to its end. It is there from before Moby is stopped until he runs on
 * one version or the other, so that the next `up` or `upgrade` goes on where one was killed.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import * as z from 'zod';
import { CliError } from '../cli-error.ts';
import type { DataDirectory } from '../data-directory.ts';

const beforeSchema = z.object({
  version: z
    .string()
    .describe('with the digest of the build, as in its `.built`; empty where it is not known'),
  source: z.string().nullable().describe('commit of the checkout that it was built from'),
  build: z.object({ program: z.string(), stamp: z.string() }).optional().describe('local mode'),
  images: z.record(z.string(), z.string()).optional().describe('containers: id by name'),
  file: z.string().optional().describe('containers: the docker-compose.yml that the images belong to'),
});

/** What ran before, and is gone back to. */
export type Before = z.infer<typeof beforeSchema>;

const putBackSchema = z.object({
  aside: z.string().describe('folder for what is replaced'),
  names: z.array(z.string()).describe('what the backup holds, at the top of the data directory'),
  done: z.boolean(),
});

export type PutBack = z.infer<typeof putBackSchema>;

const journalSchema = z.object({
  mode: z.enum(['local', 'compose']),
  startedAt: z.iso.datetime(),
  step: z
    .enum(['stop', 'start', 'back'])
    .describe('stop: the old one, and make the backup; start: the new one; back: to the old one'),
  before: beforeSchema,
  backup: z.string().nullable(),
  schema: z.int().nullable().describe('of gateway.db when the backup was made'),
  putBack: putBackSchema.nullable(),
});

export type Journal = z.infer<typeof journalSchema>;

/**
 * @returns null where no upgrade is unfinished
 * @throws CliError where the file cannot be understood
 */
export function readJournal({ run }: DataDirectory): Journal | null {
  const path = join(run, 'upgrade.json');
  try {
    return journalSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CliError(
      `${path} tells of an unfinished upgrade that this version cannot read. Remove it and run ./mobyclaw up; the backups are in ${join(run, '../backups')}`,
      { cause: error },
    );
  }
}

export async function keepJournal({ run }: DataDirectory, journal: Journal): Promise<void> {
  await writeFileAtomic(join(run, 'upgrade.json'), `${JSON.stringify(journal, null, 2)}\n`);
}

export async function removeJournal({ run }: DataDirectory): Promise<void> {
  await rm(join(run, 'upgrade.json'), { force: true });
}
