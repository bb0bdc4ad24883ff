/** The local models in the data directory: installed, listed, removed. The memory server takes them up and gives them up by itself. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MANIFEST_FILE,
  MODELS_FOLDER,
  type ModelManifest,
  modelManifestSchema,
  RUNTIME_FOLDER,
} from '@mobyclaw/protocol/local-model';
import type { Context } from '../context.ts';
import { giveTree } from '../tree-owner.ts';
import type { CatalogueModel } from './model-catalogue.ts';
import { fetchFile } from './model-files.ts';
import { installRuntime, isRuntimeThere } from './model-runtime.ts';

const FILES = ['model.onnx', 'tokenizer.json'] as const;

export interface InstallWish {
  model: CatalogueModel;
  /** Address or folder in the place of the publisher's. */
  from: string;
  say(text: string): void;
  /** @param bytes of `of` that are there */
  progress(bytes: number, of: number): void;
}

/** @throws CliError; nothing that was installed before is touched then */
export async function installModel(context: Context, wish: InstallWish): Promise<void> {
  const { model, from } = wish;
  const models = join(context.data.root, MODELS_FOLDER);
  const fresh = join(models, `.new-${model.name}`); // what a cut download has brought waits there
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  const of = sizeOf(model);
  let before = 0;
  for (const name of FILES) {
    const file = model.files[name];
    const base = before;
    await fetchFile({
      ...{
        file,
        from,
        to: join(fresh, name),
        environment: { ...context.settings.environment, ...context.terminal.env },
      },
      progress: (bytes) => wish.progress(base + bytes, of),
    });
    before += file.bytes;
    wish.progress(before, of);
  }
  if (!(await isRuntimeThere(context.checkout, join(models, RUNTIME_FOLDER)))) {
    wish.say('Fetching what runs it…');
    await installRuntime(context.checkout, models);
  }
  const { license, query, passage, mostTokens, files } = model;
  const manifest: ModelManifest = {
    ...{ name: model.name, license, source: from, query, passage, mostTokens },
    files: { 'model.onnx': pinOf(files['model.onnx']), 'tokenizer.json': pinOf(files['tokenizer.json']) },
    installedAt: new Date(context.clock.now()).toISOString(),
  };
  await writeFile(join(fresh, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await rm(join(models, model.name), { recursive: true, force: true });
  await rename(fresh, join(models, model.name));
  await giveToOwner(context.data.root, models);
}

/** @returns those that are whole, the one in use first */
export function installedModels(root: string): ModelManifest[] {
  const models = join(root, MODELS_FOLDER);
  if (!existsSync(models)) return [];
  return readdirSync(models)
    .flatMap((name) => {
      try {
        const read = JSON.parse(readFileSync(join(models, name, MANIFEST_FILE), 'utf8'));
        return modelManifestSchema.safeParse(read).data ?? [];
      } catch {
        return []; // what runs them, or one that is not whole
      }
    })
    .toSorted((a, b) => b.installedAt.localeCompare(a.installedAt));
}

/** With the last one goes what runs it. @returns whether there was one */
export async function removeModel(root: string, name: string): Promise<boolean> {
  const models = join(root, MODELS_FOLDER);
  if (!installedModels(root).some((one) => one.name === name)) return false;
  await rm(join(models, name, MANIFEST_FILE)); // from here on it is none
  await rm(join(models, name), { recursive: true });
  if (installedModels(root).length === 0)
    await rm(join(models, RUNTIME_FOLDER), { recursive: true, force: true });
  return true;
}

export function sizeOf({ files }: CatalogueModel): number {
  return FILES.reduce((sum, name) => sum + files[name].bytes, 0);
}

function pinOf({ bytes, sha256 }: { bytes: number; sha256: string }): { bytes: number; sha256: string } {
  return { bytes, sha256 };
}

/** What root installs is for the containers to read, which do not run as root. */
async function giveToOwner(root: string, models: string): Promise<void> {
  const { uid, gid } = await stat(root);
  if (process.getuid?.() === 0 && uid !== 0) await giveTree(models, { uid, gid });
}
