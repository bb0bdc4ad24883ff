/**
 * Makes vectors of texts by a local model, as a process of its own, which ends when nobody has asked for a while: model and
 * runtime take some 200 MB. It has no environment and reads nothing but the two folders that it is told. This module is the
 * program and, for who starts it, its address.
 *
 * What runs the model is not part of Mobyclaw's bundles: the runtime's libraries alone are 46 MB, and few installations want it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { MANIFEST_FILE, type ModelManifest, modelManifestSchema } from '@mobyclaw/protocol/local-model';

export const program = fileURLToPath(import.meta.url);

/** From whoever started it. */
export interface Order {
  id: number;
  text: string;
}

/** To him: first whether it can work, then the answers. */
export type Report =
  | { ready: true }
  | { broken: string }
  | { id: number; vector: Float32Array }
  | { id: number; failed: string };

// What is used of the two packages, as their type files have it.
interface Tokenizer {
  encode(text: string): { ids: number[] };
}
interface Session {
  readonly inputNames: readonly string[];
  run(
    feeds: Record<string, unknown>,
  ): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
}
interface Runtime {
  Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
  InferenceSession: { create(path: string, options: object): Promise<Session> };
}

const MOST_CHARS = 20_000; // far more than any model reads; splitting longer texts into words would only take time

if (import.meta.main && process.send !== undefined) {
  await serve(process.argv[2] ?? '', process.argv[3] ?? '');
}

async function serve(folder: string, runtime: string): Promise<void> {
  const tell = (report: Report): void => void process.send?.(report);
  process.on('disconnect', () => process.exit()); // nobody is left to ask
  if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '1000'); // rather this than memory
  let embed: (text: string) => Promise<Float32Array>;
  try {
    embed = await openModel(folder, runtime);
  } catch (error) {
    tell({ broken: (error as Error).message });
    return;
  }
  process.on('message', ({ id, text }: Order) => {
    embed(text).then(
      (vector) => tell({ id, vector }),
      (error: Error) => tell({ id, failed: error.message }),
    );
  });
  tell({ ready: true });
}

/**
 * @param folder of the model @param runtime folder with a package.json, from where its packages are found
 * @throws Error whose message says what is wrong and what to do
 */
export async function openModel(
  folder: string,
  runtime: string,
): Promise<(text: string) => Promise<Float32Array>> {
  const manifest = modelManifestSchema.parse(JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')));
  await check(folder, manifest);
  const { ort, tokenizer } = await load(folder, runtime);
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: 1, // beside the rest of Moby; more threads make one short text no faster
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: false, // what one long text took is given back
    logSeverityLevel: 3,
  });
  return async (text) => {
    const ids = shortened(tokenizer.encode(text.slice(0, MOST_CHARS)).ids, manifest.mostTokens);
    const tensor = (value: (id: number) => bigint): unknown =>
      new ort.Tensor('int64', BigInt64Array.from(ids, value), [1, ids.length]);
    const inputs: Record<string, unknown> = {
      input_ids: tensor(BigInt),
      attention_mask: tensor(() => 1n),
      token_type_ids: tensor(() => 0n),
    };
    const feeds = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]]));
    const { last_hidden_state: output } = await session.run(feeds);
    if (output === undefined) throw new Error('the model has no output "last_hidden_state"');
    return meanOfTokens(output.data, ids.length);
  };
}

/** The last token, which ends a text, stays. */
function shortened(ids: readonly number[], most: number): number[] {
  return ids.length <= most ? [...ids] : [...ids.slice(0, most - 1), ids.at(-1) ?? 0];
}

function meanOfTokens(data: Float32Array, tokens: number): Float32Array {
  const parts = data.length / tokens;
  const mean = new Float32Array(parts);
  for (let token = 0; token < tokens; token++) {
    for (let part = 0; part < parts; part++) {
      mean[part] = (mean[part] ?? 0) + (data[token * parts + part] ?? 0) / tokens;
    }
  }
  return mean;
}

/** A file that is cut or changed would give vectors that mean nothing. */
async function check(folder: string, { name, files }: ModelManifest): Promise<void> {
  for (const [file, { sha256 }] of Object.entries(files)) {
    const hash = createHash('sha256');
    const read = await pipeline(createReadStream(join(folder, file)), hash).catch(() => 'unreadable');
    if (read === 'unreadable' || hash.digest('hex') !== sha256) {
      throw new Error(
        `${file} of the model ${name} is not what was installed; run "./mobyclaw memory model install" again`,
      );
    }
  }
}

async function load(folder: string, runtime: string): Promise<{ ort: Runtime; tokenizer: Tokenizer }> {
  const description = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')) as object;
  try {
    const take = createRequire(join(runtime, 'package.json'));
    const ort = take('onnxruntime-node') as Runtime;
    const { Tokenizer } = take('@huggingface/tokenizers') as {
      Tokenizer: new (description: object, settings: object) => Tokenizer;
    };
    return { ort, tokenizer: new Tokenizer(description, {}) };
  } catch (error) {
    throw new Error(
      `what runs the model cannot be loaded on ${process.platform}/${process.arch} (${(error as Error).message.split('\n')[0]}); run "./mobyclaw memory model install" again`,
      { cause: error },
    );
  }
}
