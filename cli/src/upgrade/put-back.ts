/**
 * Brings the data back as the backup of an upgrade has it, in place: what belongs to the running processes, the backups
 * and the logs stay. What is replaced is set aside, and of what was set aside the newest two are kept. Each step can be repeated, and what is to be done is
 * on disk before it begins, so a kill in between is gone on from.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ownerOf } from '../backup/restore.ts';
import { unpack } from '../backup/unpack.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { DataDirectory } from '../data-directory.ts';
import { giveTree } from '../tree-owner.ts';
import { type Journal, keepJournal, type PutBack } from './journal.ts';
import { forgetOlderBackups } from './kept-backups.ts';

const STAY = ['run', 'backups', 'logs', 'models'];

/** @returns the schema's number in gateway.db while nobody has it open; null where there is none that can be read */
export function dataSchema({ root }: DataDirectory): number | null {
  const path = join(root, 'gateway/gateway.db');
  if (!existsSync(path)) return null;
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    return Number(database.prepare('PRAGMA user_version').get()?.user_version);
  } catch {
    return null; // damaged, or of a form that this SQLite does not know: as good as changed
  }
}

/**
 * @returns `journal` with what was done
 * @throws CliError where the backup cannot be unpacked; nothing has been replaced then
 */
export async function putBack(context: Context, journal: Journal): Promise<Journal> {
  const { data } = context;
  if (journal.putBack?.done || journal.backup === null) return journal;
  const staging = join(data.run, 'putting-back');
  const plan = journal.putBack ?? (await stage(context, journal.backup, staging));
  await keepJournal(data, { ...journal, putBack: plan });
  await mkdir(plan.aside, { recursive: true, mode: 0o700 });
  for (const name of await readdir(data.root)) {
    if (!STAY.includes(name) && !plan.names.includes(name))
      await rename(join(data.root, name), join(plan.aside, name));
  }
  for (const name of plan.names) {
    const [fresh, there] = [join(staging, name), join(data.root, name)];
    if (!existsSync(fresh)) continue; // in its place already
    if (existsSync(there)) await rename(there, join(plan.aside, name));
    await rename(fresh, there);
  }
  const done = { ...journal, putBack: { ...plan, done: true } };
  await keepJournal(data, done);
  await rm(staging, { recursive: true, force: true });
  await forgetOlderBackups(context);
  return done;
}

async function stage({ data, clock, version }: Context, backup: string, staging: string): Promise<PutBack> {
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { mode: 0o700 });
  const passphrase = (): Promise<string> => Promise.reject(new CliError(`${backup} is encrypted.`));
  await unpack({ source: backup, version, passphrase }, staging);
  const owner = await ownerOf(data.root);
  if (owner !== null) await giveTree(staging, owner, true);
  const names = (await readdir(staging)).filter((name) => !STAY.includes(name));
  const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:.Z]/g, '');
  return { aside: join(data.backups, `after-upgrade-${stamp}`), names, done: false };
}
