/** Which local model is installed. Looked up anew each time: the command line installs and removes while the server runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  MANIFEST_FILE,
  MODELS_FOLDER,
  type ModelManifest,
  modelManifestSchema,
} from '@mobyclaw/protocol/local-model';

export interface InstalledModel {
  manifest: ModelManifest;
  folder: string;
}

/** @returns the one that was installed last; null where there is none that is whole */
export function installedModel(home: string): InstalledModel | null {
  const models = join(home, MODELS_FOLDER);
  const found = foldersIn(models).flatMap((name): InstalledModel[] => {
    const folder = join(models, name);
    const manifest = readManifest(join(folder, MANIFEST_FILE));
    return manifest?.name === name ? [{ manifest, folder }] : [];
  });
  return found.toSorted((a, b) => b.manifest.installedAt.localeCompare(a.manifest.installedAt))[0] ?? null;
}

/** Of the folders that a command is still filling, none begins with a letter. */
function foldersIn(models: string): string[] {
  try {
    return readdirSync(models).filter((name) => /^[a-z\d]/.test(name));
  } catch {
    return []; // no model was ever installed
  }
}

function readManifest(path: string): ModelManifest | null {
  try {
    return modelManifestSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null; // the runtime's folder has none
  }
}
