/**
 * A local embedding model that is real and tiny: an ONNX file with one node, which looks up a vector for each word, and a tokenizer
 * of whole words. Words that the test names as one meaning share their vector. What runs it is `mcp-servers/memory/optional/embedder`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const INSTALL_MS = 300_000;
const UNKNOWN = '[UNK]';

/**
 * Folder from which the packages that run a model are found. With CI set they are installed from their lock file, elsewhere the tests
 * that need them are skipped with a word.
 * @returns null where they are not installed and not to be
 */
export async function modelRuntime(): Promise<string | null> {
  const folder = fileURLToPath(new URL('../../mcp-servers/memory/optional/embedder', import.meta.url));
  const marker = join(folder, 'node_modules/.package-lock.json'); // npm writes it last
  if (existsSync(marker)) return folder;
  if (!process.env.CI || process.env.CI === 'false') {
    process.stderr.write(
      'skipped: tests of the local model need what runs it; install it with "npm ci --ignore-scripts" in mcp-servers/memory/optional/embedder\n',
    );
    return null;
  }
  const lock = join(folder, '.installing');
  try {
    mkdirSync(lock); // several test files come here at once; one of them installs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await until('the installation', () => existsSync(marker), INSTALL_MS);
    return folder;
  }
  try {
    execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'pipe', timeout: INSTALL_MS });
  } finally {
    rmSync(lock, { recursive: true });
  }
  return folder;
}

export interface TinyModel {
  'model.onnx': Buffer;
  'tokenizer.json': Buffer;
}

/** @param meanings groups of words that mean the same */
export function tinyModel(meanings: readonly (readonly string[])[]): TinyModel {
  const words = [UNKNOWN, ':', 'query', 'passage', ...meanings.flat()];
  const parts = meanings.length + 1;
  const table = new Float32Array(words.length * parts);
  for (const [row, word] of words.entries()) {
    const meaning = meanings.findIndex((group) => group.includes(word));
    table[row * parts + (meaning === -1 ? parts - 1 : meaning)] = meaning === -1 ? 0.05 : 1;
  }
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        ...{ id: 0, content: UNKNOWN, special: true, normalized: false },
        ...{ single_word: false, lstrip: false, rstrip: false },
      },
    ],
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      ...{ type: 'WordPiece', unk_token: UNKNOWN, continuing_subword_prefix: '##', vocab },
      max_input_chars_per_word: 100,
    },
  };
  return {
    'model.onnx': lookUp(table, words.length, parts),
    'tokenizer.json': Buffer.from(JSON.stringify(tokenizer)),
  };
}

/** Puts it where the memory server looks. */
export function putModel(
  home: string,
  name: string,
  files: TinyModel,
  installedAt = '2026-01-01T00:00:00Z',
): string {
  const folder = join(home, 'models', name);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const manifest = {
    ...{ name, license: 'MIT', source: 'a test', query: 'query: ', passage: 'passage: ', mostTokens: 16 },
    files: Object.fromEntries(
      Object.entries(files).map(([file, content]) => [
        file,
        { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
      ]),
    ),
    installedAt,
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}

/** `last_hidden_state = Gather(table, input_ids)`; numbers of fields as in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
function lookUp(table: Float32Array, rows: number, parts: number): Buffer {
  const FLOAT = 1;
  const INT64 = 7;
  const node = message(
    text(1, 'table'),
    text(1, 'input_ids'),
    text(2, 'last_hidden_state'),
    text(4, 'Gather'),
  );
  const initializer = message(
    number(1, rows),
    number(1, parts),
    number(2, FLOAT),
    text(8, 'table'),
    bytes(9, Buffer.from(table.buffer)),
  );
  const value = (name: string, type: number, ...dims: (string | number)[]): Buffer => {
    const shape = message(
      ...dims.map((dim) => bytes(1, typeof dim === 'number' ? number(1, dim) : text(2, dim))),
    );
    return message(text(1, name), bytes(2, bytes(1, message(number(1, type), bytes(2, shape)))));
  };
  const graph = message(
    bytes(1, node),
    text(2, 'tiny'),
    bytes(5, initializer),
    bytes(11, value('input_ids', INT64, 'texts', 'tokens')),
    bytes(12, value('last_hidden_state', FLOAT, 'texts', 'tokens', parts)),
  );
  return message(number(1, 8), bytes(7, graph), bytes(8, message(text(1, ''), number(2, 13))));
}

function message(...fields: Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function varint(value: number): Buffer {
  const parts: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    parts.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(parts);
  }
}
