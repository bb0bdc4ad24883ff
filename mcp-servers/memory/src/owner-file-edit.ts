/**
 * Puts something into a file that its owner edits, with the version before kept. If he saves it in the same moment, the change is
 * made anew to what he saved; a link is not written through.
 */
import { lstatSync, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { ownerBytes, ownerText } from '@mobyclaw/lib/owner-text';
import { type EGRESS, keepVersion, type SOUL } from './versions.ts';

const MAX_TRIES = 20; // an edit per try; a program that rewrites the file without end must not hold the queue

/** Somebody saved the file while it was being changed. */
class ChangedMeanwhile extends Error {}

/**
 * @param now names the version before, in milliseconds since the epoch
 * @param change of the text, or of null where there is no file; what it throws leaves the file as it is
 * @returns whether anything was changed
 * @throws HttpProblem 409 where the file is a link or is written without end; OwnerTextError where it is no text
 */
export async function editOwnerFile(
  home: string,
  name: typeof SOUL | typeof EGRESS,
  now: number,
  change: (text: string | null) => string,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryEdit(home, name, now, change);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      if (tries === MAX_TRIES) {
        throw new HttpProblem('conflict', `${name} is being written by another program. Try again later.`);
      }
    }
  }
}

async function tryEdit(
  home: string,
  name: typeof SOUL | typeof EGRESS,
  now: number,
  change: (text: string | null) => string,
): Promise<boolean> {
  const path = join(home, name);
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before && !before.isFile()) {
    throw new HttpProblem(
      'conflict',
      `${name} is a link, which is not written through. Add the rule by hand.`,
    );
  }
  const bytes = before ? await readFile(path) : null;
  const text = bytes && ownerText(bytes);
  const changed = change(text);
  if (changed === (text ?? '')) return false;
  if (bytes) await keepVersion(home, name, bytes, now);
  await writeFileAtomic(path, bytes ? ownerBytes(changed, bytes) : changed, {
    mode: before ? before.mode & 0o777 : 0o600,
    beforeRename: () => {
      if (!sameStat(before, lstatSync(path, { throwIfNoEntry: false }))) throw new ChangedMeanwhile();
    },
  });
  return true;
}

/** Whether a path still leads to the file that it led to, as it was. */
export function sameStat(a: Stats | undefined, b: Stats | undefined): boolean {
  return a?.ino === b?.ino && a?.size === b?.size && a?.mtimeMs === b?.mtimeMs;
}
