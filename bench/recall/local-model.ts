/** The local model that is installed, for texts of the benchmark. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '@mobyclaw/memory/embedder/embedder-program';
import { installedModel } from '@mobyclaw/memory/embedder/installed-model';

export type Embed = (kind: 'query' | 'passage', text: string) => Promise<Float32Array>;

export interface LocalModel {
  name: string;
  /** The same text is read once. */
  embed: Embed;
}

/** @returns null where none is installed in MOBYCLAW_HOME */
export async function localModel(): Promise<LocalModel | null> {
  const home = process.env.MOBYCLAW_HOME ?? join(homedir(), '.mobyclaw');
  const installed = installedModel(home);
  if (installed === null) return null;
  const { manifest, folder } = installed;
  const read = await openModel(folder, join(home, 'models/runtime'));
  const known = new Map<string, Float32Array>();
  return {
    name: manifest.name,
    async embed(kind, text) {
      const whole = manifest[kind] + text;
      const vector = known.get(whole) ?? (await read(whole));
      known.set(whole, vector);
      return vector;
    },
  };
}
