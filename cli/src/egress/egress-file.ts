/** The owner's egress.yaml for the command line: read, and changed by one thing at a time, whether Moby runs or not. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { EgressEditError, editRules } from '@mobyclaw/lib/egress-rules/edit-rules';
import { type ReadRules, readRules } from '@mobyclaw/lib/egress-rules/read-rules';
import { OwnerTextError, ownerBytes, ownerText } from '@mobyclaw/lib/owner-text';
import type { EgressEdit } from '@mobyclaw/protocol/egress-rules';
import { CliError } from '../cli-error.ts';
import type { DataDirectory } from '../data-directory.ts';

/** A file that is not there counts as an empty one. */
export function readEgressFile({ egress }: DataDirectory): ReadRules {
  return readRules(bytesOf(egress) ?? Buffer.alloc(0));
}

/**
 * @returns whether anything was changed
 * @throws CliError; the file is then as it was
 */
export async function editEgressFile(data: DataDirectory, edits: readonly EgressEdit[]): Promise<boolean> {
  const path = data.egress;
  if (!existsSync(data.root))
    throw new CliError(`Moby is not set up yet: there is no ${data.root}. Run ./mobyclaw init first.`);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isFile())
    throw new CliError(`${path} is a link, which is not written through. Change the file itself.`);
  const before = bytesOf(path);
  try {
    const text = before ? ownerText(before) : '';
    const after = edits.reduce(editRules, text);
    if (after === text) return false;
    await writeFileAtomic(path, before ? ownerBytes(after, before) : after, {
      mode: stat ? stat.mode & 0o777 : 0o600,
    });
    return true;
  } catch (error) {
    if (error instanceof EgressEditError) throw new CliError(error.message, { cause: error });
    if (error instanceof OwnerTextError) throw new CliError(`${path} ${error.message}.`, { cause: error });
    throw error;
  }
}

function bytesOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CliError(`${path} cannot be read (${code}).`, { cause: error });
  }
}
