/** The backup before an upgrade, in `backups/` of the data directory; the newest few are kept. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackup } from '../backup/create.ts';
import { leftOutLines } from '../backup/left-out.ts';
import { byteSize } from '../byte-size.ts';
import type { Context } from '../context.ts';
import { say } from '../terminal.ts';
import { forgetOlderBackups } from './kept-backups.ts';

/** @returns the file */
export async function safetyBackup(context: Context): Promise<string> {
  const { data, clock, terminal } = context;
  await mkdir(data.backups, { recursive: true, mode: 0o700 });
  const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:.Z]/g, '');
  const target = join(data.backups, `before-upgrade-${stamp}.tar.gz`);
  const { bytes, leftOut } = await createBackup(context, { target, withEnv: false, passphrase: null });
  say(terminal, `Backup: ${target} (${byteSize(bytes)})`);
  const lost = leftOut.filter((one) => one.lost);
  if (lost.length > 0) say(terminal, ['It does not hold:', ...leftOutLines(lost)].join('\n'));
  await forgetOlderBackups(context);
  return target;
}
