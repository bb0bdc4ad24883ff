/**
 * The owner's data folder at start: missing folders are made, and each default file is copied once in the folder's life.
 * A file that is there is never touched; one that the owner deleted later stays deleted, which `memory/.seeded` remembers.
 */
import { existsSync, lstatSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFile, writeFileAtomic } from '@mobyclaw/lib/atomic-file';

const FOLDERS = ['memory', 'agent', 'sessions', 'sessions/work', 'logs'];

/** Name in the data folder and in the folder of defaults. All are private to the owner from creation. */
const DEFAULT_FILES: Record<string, string> = {
  'soul.yaml': 'soul.yaml',
  'MEMORY.md': 'defaults/MEMORY.md',
  'HEARTBEAT.md': 'defaults/HEARTBEAT.md',
  'credentials.env': 'defaults/credentials.env',
  'workspaces.conf': 'defaults/workspaces.conf',
  'egress.yaml': 'defaults/egress.yaml',
};

/**
 * @param defaults folder with soul.yaml and defaults/
 * @returns names of the files that were copied
 * @throws the file system's error where the data folder cannot be written
 */
export async function prepareDataFolder(home: string, defaults: string): Promise<string[]> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  for (const folder of FOLDERS) {
    const path = join(home, folder);
    // The agent's shell writes in sessions/: what it has put there, such as a dead link, is not this server's business.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
      await mkdir(path, { recursive: true, mode: 0o700 });
  }
  const marker = join(home, 'memory', '.seeded');
  const seeded = new Set(existsSync(marker) ? (await readFile(marker, 'utf8')).split('\n') : []);
  const missing = Object.entries(DEFAULT_FILES).filter(([name]) => !seeded.has(name));
  if (missing.length === 0) return [];
  const copied: string[] = [];
  for (const [name, source] of missing) {
    if (await createFile(join(home, name), await readFile(join(defaults, source), 'utf8'))) copied.push(name);
  }
  await writeFileAtomic(marker, `${Object.keys(DEFAULT_FILES).join('\n')}\n`);
  return copied;
}

/**
 * Finds `agents/moby` above this file, which lies in `mcp-servers/memory/src` of a checkout or in `dist/`.
 * @throws Error where there is none
 */
export function bundledDefaults(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    const candidate = join(folder, 'agents', 'moby');
    if (existsSync(join(candidate, 'soul.yaml'))) return candidate;
    if (folder === dirname(folder)) {
      throw new Error(
        'agents/moby/soul.yaml was not found beside the program; set MOBYCLAW_DEFAULTS to agents/moby',
      );
    }
  }
}
