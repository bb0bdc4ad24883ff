/** Holds the lines of workspaces.conf against what may be mounted. */
import { type ForbiddenPlace, folderFault } from '@mobyclaw/lib/workspace-folders/forbidden-places';
import type { WorkspaceLine } from '@mobyclaw/lib/workspaces-conf';
import { CliError } from '../cli-error.ts';

/**
 * @param file how the messages name the file
 * @throws CliError naming each workspace that cannot be mounted, one a line
 */
export async function checkFolders(
  entries: readonly WorkspaceLine[],
  forbidden: readonly ForbiddenPlace[],
  file: string,
): Promise<void> {
  const faults: string[] = [];
  for (const { name, path, line } of entries) {
    const fault = await folderFault(path, forbidden);
    if (fault !== null)
      faults.push(`${file}, line ${line}: workspace "${name}": ${fault} Or remove the line.`);
  }
  if (faults.length > 0) throw new CliError(faults.join('\n'));
}
