/** What upgrades leave in `backups/` of the data directory, each as large as the data: the newest few are kept. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { say } from '../terminal.ts';

/** Each with a stamp in its name, by which they sort. */
const KINDS = [
  { name: /^before-upgrade-\d{8}T\d{9}\.tar\.gz$/, kept: 3 },
  { name: /^after-upgrade-\d{8}T\d{9}$/, kept: 2 }, // whole copies of what a new version had made, before it was taken back
];

/** Deletes those of before, and names them. What cannot be deleted is named too, and ends nothing. */
export async function forgetOlderBackups({
  data,
  terminal,
}: Pick<Context, 'data' | 'terminal'>): Promise<void> {
  const names = await readdir(data.backups);
  for (const { name: form, kept } of KINDS) {
    const older = names
      .filter((name) => form.test(name))
      .toSorted()
      .slice(0, -kept);
    for (const name of older) {
      const path = join(data.backups, name);
      try {
        await rm(path, { recursive: true, force: true });
        say(terminal, `Deleted ${path}; of these the newest ${kept} are kept.`);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        say(
          terminal,
          `${path} could not be deleted (${code}). It is of an earlier upgrade; delete it yourself.`,
        );
      }
    }
  }
}
