/**
 * What local mode was started with, so that a later `up` sees that a restart is needed and can say why. Values are kept
 * as keyed digests only, since some are secrets.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { checkoutStamp } from './builds.ts';

const startedSchema = z.object({ pid: z.int(), salt: z.string(), digests: z.record(z.string(), z.string()) });

export type StartRecord = Omit<z.infer<typeof startedSchema>, 'pid'>;

/** Takes down what is in force now; to be kept once a process has been started with it. */
export function startRecord(context: Context): StartRecord {
  const salt = randomBytes(16).toString('hex');
  return { salt, digests: digests(context, salt) };
}

export async function keepStartRecord({ data }: Context, pid: number, record: StartRecord): Promise<void> {
  await writeFileAtomic(data.started, `${JSON.stringify({ pid, ...record })}\n`);
}

/** @returns what has changed since the process of `state` was started, by name; settings only where they are known */
export function changesSince(context: Context, { pid, build }: LocalState): string[] {
  // It says itself what it runs, whoever started it: also after an upgrade that went back.
  const program = build === checkoutStamp(context.checkout) ? [] : ['the program'];
  const record = readRecord(context.data.started);
  if (record?.pid !== pid) return program;
  const now = digests(context, record.salt);
  const { 'the program': _, ...before } = record.digests; // kept there by versions that did not say what they ran
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  return [...program, ...[...names].filter((name) => now[name] !== before[name])];
}

function readRecord(path: string): z.infer<typeof startedSchema> | undefined {
  const text = readText(path);
  if (text === null) return undefined;
  try {
    return startedSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // edited by hand: as good as none
    throw error;
  }
}

function digests({ settings, data }: Context, salt: string): Record<string, string> {
  const inputs: Record<string, string> = {
    ...settings.environment,
    // Its values, since a comment is no reason to restart, and neither is the empty file that the first start creates.
    'workspaces.conf': workspaceLines(readText(data.workspaces) ?? ''),
    'credentials.env': JSON.stringify(readCredentials(readText(data.credentials) ?? '', '').all),
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name,
      createHmac('sha256', salt).update(value).digest('hex'),
    ]),
  );
}

/** What counts in it: a comment is no reason to restart either. */
function workspaceLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');
}

function readText(path: string): string | null {
  try {
    return ownerText(readFileSync(path));
  } catch (error) {
    if (error instanceof OwnerTextError) return null; // its reader says so
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
