/**
 * Baileys for tests. It is no dependency of the project, so it is there where somebody has enabled WhatsApp; with CI set it
 * is installed from its own lock file, elsewhere the tests that need it are skipped with a word.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@mobyclaw/testkit/until';
import { type Baileys, loadBaileys, packageFolder } from '../channels/whatsapp/library.ts';

const INSTALL_MS = 180_000;

/** @returns null where it is not installed and not to be */
export async function whatsAppLibrary(): Promise<Baileys | null> {
  const folder = packageFolder() ?? '';
  const marker = join(folder, 'node_modules/.package-lock.json'); // npm writes it last
  if (!existsSync(marker)) {
    if (!process.env.CI || process.env.CI === 'false') {
      process.stderr.write(
        `skipped: the WhatsApp tests need Baileys; install it with "npm ci" in gateway/optional/whatsapp\n`,
      );
      return null;
    }
    await install(folder, marker);
  }
  return loadBaileys();
}

/** Several test files come here at once; one of them installs. */
async function install(folder: string, marker: string): Promise<void> {
  const lock = join(folder, '.installing');
  try {
    mkdirSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await until('the installation of Baileys', () => existsSync(marker), INSTALL_MS);
    return;
  }
  try {
    execFileSync('npm', ['ci'], { cwd: folder, stdio: 'pipe', timeout: INSTALL_MS });
  } finally {
    rmSync(lock, { recursive: true });
  }
}
