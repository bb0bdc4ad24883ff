import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether a program that a test needs is on the PATH, for `test.skipIf(!requireTool('rg'))`. Where it is missing the
 * reason is printed; with CI set it is an error instead, so that no test is ever skipped unseen there.
 * @throws in CI, where the program is missing
 */
export function requireTool(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  if ((environment.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, name)))) return true;
  if (environment.CI !== undefined && environment.CI !== '' && environment.CI !== 'false') {
    throw new Error(`These tests need ${name}, which is not on the PATH. Install it in the CI image.`);
  }
  process.stderr.write(`skipped: some tests need ${name}, which is not on the PATH\n`);
  return false;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return false;
    throw error;
  }
}
