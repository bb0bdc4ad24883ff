/**
 * What runs a local model: packages from the npm registry, by the lock file in `mcp-servers/memory/optional/embedder`. They are no part
 * of Mobyclaw's own installation and images: the package of ONNX Runtime holds every platform, of which those that Moby may run on here
 * are kept, in `models/runtime` of the data directory. No script of a package is run.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';

const PACKAGES = ['onnxruntime-node', 'onnxruntime-common', '@huggingface/tokenizers'];
const BINARIES = 'bin/napi-v6';
/** For the person who is asked. */
export const RUNTIME_TEXT =
  'onnxruntime-node 1.30.0 (MIT) and @huggingface/tokenizers 0.2.0 (Apache-2.0) from the npm registry: about 115 MB to fetch, 50 to 120 MB kept';

/** @returns whether `folder` holds what the lock file names now */
export async function isRuntimeThere(checkout: string, folder: string): Promise<boolean> {
  const wanted = await textIn(join(sourceOf(checkout), 'package-lock.json'));
  return wanted !== null && wanted === (await textIn(join(folder, 'package-lock.json')));
}

/** @param models the folder in which `runtime` is made @throws CliError */
export async function installRuntime(checkout: string, models: string): Promise<void> {
  const source = sourceOf(checkout);
  const fresh = join(models, '.runtime');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    let packages = join(source, 'node_modules');
    if (!existsSync(join(packages, '.package-lock.json'))) {
      for (const file of ['package.json', 'package-lock.json'])
        await cp(join(source, file), join(fresh, 'all', file));
      await npm(join(fresh, 'all'));
      packages = join(fresh, 'all', 'node_modules');
    }
    await keep(packages, join(fresh, 'kept'));
    for (const file of ['package.json', 'package-lock.json'])
      await cp(join(source, file), join(fresh, 'kept', file));
    await rm(join(models, 'runtime'), { recursive: true, force: true });
    await rename(join(fresh, 'kept'), join(models, 'runtime'));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function sourceOf(checkout: string): string {
  return join(checkout, 'mcp-servers/memory/optional/embedder');
}

/** This machine's own, and Linux's, since containers run that. */
async function keep(packages: string, folder: string): Promise<void> {
  const here = `${process.platform}/${process.arch}`;
  const platforms = new Set([here, `linux/${process.arch}`]);
  const binaries = join(packages, 'onnxruntime-node', BINARIES);
  const found = [...platforms].filter((platform) => existsSync(join(binaries, platform)));
  if (found.length === 0) {
    throw new CliError(
      `ONNX Runtime has no build for ${here}. Name an embeddings server instead: MOBYCLAW_EMBEDDINGS_URL.`,
    );
  }
  for (const name of PACKAGES) {
    const from = join(packages, name);
    const to = join(folder, 'node_modules', name);
    await cp(join(from, 'package.json'), join(to, 'package.json'));
    await cp(join(from, 'dist'), join(to, 'dist'), {
      recursive: true,
      filter: (path) => !path.endsWith('.map'),
    });
    for (const file of ['LICENSE', 'README.md'])
      await cp(join(from, file), join(to, file)).catch(() => undefined); // not in each
  }
  for (const platform of found) {
    const part = join(BINARIES, platform);
    await cp(join(packages, 'onnxruntime-node', part), join(folder, 'node_modules/onnxruntime-node', part), {
      recursive: true,
    });
  }
}

function npm(cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    }
    child.on('error', (cause) =>
      reject(new CliError(`npm cannot be started (${(cause as NodeJS.ErrnoException).code}).`, { cause })),
    );
    child.on('close', (code) => {
      if (code === 0) resolve();
      else {
        reject(
          new CliError(
            `${output.trimEnd()}\nnpm could not fetch what runs the model; what it said is above. Check the network, then run this again.`,
          ),
        );
      }
    });
  });
}

async function textIn(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
