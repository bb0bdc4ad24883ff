import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * The program that a shell would start by one of these names, the first that is there.
 * @param path as in PATH; "." and its like would mean whatever folder this was started in, so they are passed over
 */
export async function findOnPath(names: readonly string[], path: string | undefined): Promise<string | null> {
  const folders = (path ?? '').split(delimiter).filter(isAbsolute);
  for (const candidate of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not there
    }
  }
  return null;
}
