/**
 * Exits 0 where node_modules holds exactly what package-lock.json asks for, else 1. The launcher asks when the lock file
 * is newer than the installation, which a git checkout or an `npm install` makes it without any difference in content.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packagesOf = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules/.package-lock.json');

const matches = Object.entries(wanted).every(([path, entry]) => {
  if (!path.includes('node_modules/')) return true; // the root and the workspaces themselves
  const found = installed[path];
  if (!found) return entry.optional === true || entry.peer === true; // such as another platform's binary
  return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link;
});
process.exitCode = matches ? 0 : 1;
