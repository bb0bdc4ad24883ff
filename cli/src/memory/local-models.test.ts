/** Installing a model: from a publisher that answers over HTTP, from a folder, and what is refused. The model is real and tiny. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { modelRuntime, tinyModel } from '@mobyclaw/testkit/tiny-model';
import { expect, onTestFinished, test } from 'vitest';
import { Context } from '../context.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { runCli } from '../testing/run-cli.ts';
import { installedModels, installModel, removeModel } from './local-models.ts';
import { CATALOGUE, type CatalogueModel } from './model-catalogue.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');
const TINY = tinyModel([Array.from({ length: 40_000 }, (_, n) => `word${n}`)]);
const runtime = await modelRuntime();
const withRuntime = test.skipIf(runtime === null);

function model(base: string): CatalogueModel {
  const pin = (path: string, content: Buffer) => ({
    ...{ path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
  });
  return {
    ...{ name: 'tiny', about: 'for tests', license: 'MIT', page: 'https://models.test/tiny', base },
    ...{ query: 'query: ', passage: 'passage: ', mostTokens: 16 },
    files: {
      'model.onnx': pin('onnx/model_quantized.onnx', TINY['model.onnx']),
      'tokenizer.json': pin('tokenizer.json', TINY['tokenizer.json']),
    },
  };
}

/** As a hub does: the address leads to another one, and parts of a file can be asked for. */
async function publisher(
  answer?: (path: string, request: IncomingMessage, response: ServerResponse) => boolean,
) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(`${path} ${request.headers.range ?? ''}`.trim());
    if (answer?.(path, request, response)) return;
    const content = path.endsWith('.onnx') ? TINY['model.onnx'] : TINY['tokenizer.json'];
    if (!path.startsWith('/files/')) {
      response.writeHead(302, { location: `/files${path}` }).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response
      .writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from })
      .end(content.subarray(from));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny`, asked };
}

function setUp() {
  const home = temporaryFolder();
  const terminal = { ...memoryTerminal(false), env: { MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: '/dev/null' } };
  const context = new Context({ terminal, checkout: CHECKOUT, version: '0.0.0' });
  const progress: number[] = [];
  const install = (spec: CatalogueModel, from = spec.base) =>
    installModel(context, {
      ...{ model: spec, from },
      say: () => undefined,
      progress: (bytes, of) => void progress.push(bytes / of),
    });
  return { home, models: join(home, 'models'), install, progress };
}

withRuntime('a model is fetched, checked and put where memory looks, with what runs it', async () => {
  const { base, asked } = await publisher();
  const { home, models, install, progress } = setUp();
  await install(model(base));
  expect(asked).toEqual([
    '/tiny/onnx/model_quantized.onnx',
    '/files/tiny/onnx/model_quantized.onnx',
    '/tiny/tokenizer.json',
    '/files/tiny/tokenizer.json',
  ]);
  expect([progress.toSorted((a, b) => a - b), progress.at(-1)]).toEqual([progress, 1]);
  expect(readFileSync(join(models, 'tiny/model.onnx')).equals(TINY['model.onnx'])).toBe(true);
  expect(installedModels(home)).toMatchObject([{ name: 'tiny', license: 'MIT', source: base }]);
  const platforms = readdirSync(join(models, 'runtime/node_modules/onnxruntime-node/bin/napi-v6'));
  expect(platforms.includes('win32')).toBe(false);
  expect(existsSync(join(models, 'runtime/node_modules/@huggingface/tokenizers/package.json'))).toBe(true);
  expect(readdirSync(models).toSorted()).toEqual(['runtime', 'tiny']);

  expect(await removeModel(home, 'tiny')).toBe(true);
  expect(readdirSync(models)).toEqual([]);
  expect(await removeModel(home, 'tiny')).toBe(false);
});

withRuntime('a download that was cut goes on where it ended', async () => {
  let cuts = 1;
  const { base, asked } = await publisher((path, _request, response) => {
    if (!path.startsWith('/files/') || !path.endsWith('.onnx') || cuts-- <= 0) return false;
    response.writeHead(200, { 'content-length': TINY['model.onnx'].length });
    response.write(TINY['model.onnx'].subarray(0, 100_000), () => response.destroy());
    return true;
  });
  const { models, install } = setUp();
  await expect(install(model(base))).rejects.toThrow(/model_quantized\.onnx cannot be fetched.*Run it again/);
  truncateSync(join(models, '.new-tiny/model.onnx.part'), 70_000); // what had reached the disk
  await install(model(base));
  expect(asked).toContain('/files/tiny/onnx/model_quantized.onnx bytes=70000-');
  expect(readFileSync(join(models, 'tiny/model.onnx')).equals(TINY['model.onnx'])).toBe(true);
});

test('a file that is another one is refused and not kept; what was installed stays', async () => {
  const { base } = await publisher((path, _request, response) => {
    if (!path.endsWith('.onnx')) return false;
    response.end(Buffer.alloc(TINY['model.onnx'].length));
    return true;
  });
  const { home, models, install } = setUp();
  await expect(install(model(base))).rejects.toThrow(/its sha256 is another one.*Nothing was installed/);
  expect([installedModels(home), readdirSync(join(models, '.new-tiny'))]).toEqual([[], []]);
});

test('what is not there, and what leads nowhere, is told with the address', async () => {
  const { base } = await publisher((path, _request, response) => {
    if (path.endsWith('.onnx')) response.writeHead(404).end();
    else response.writeHead(302, { location: path }).end();
    return true;
  });
  const { install } = setUp();
  await expect(install(model(base))).rejects.toThrow(
    `${base}/onnx/model_quantized.onnx cannot be fetched: HTTP 404`,
  );
  const { base: circle } = await publisher((path, _request, response) => {
    response.writeHead(302, { location: path }).end();
    return true;
  });
  await expect(install(model(circle))).rejects.toThrow('without end');
});

withRuntime('files are found in a folder whatever they are called, and never taken for others', async () => {
  const { home, install } = setUp();
  const folder = join(home, 'unpacked/META/deep');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'weights-q.bin'), TINY['model.onnx']);
  const spec = model('https://models.test');
  const unpacked = join(home, 'unpacked');
  await expect(install(spec, unpacked)).rejects.toThrow(/No file in .*unpacked is tokenizer\.json/);
  writeFileSync(join(folder, 'words.json'), TINY['tokenizer.json']);
  await install(spec, unpacked);
  expect(installedModels(home)).toMatchObject([{ source: unpacked }]);
  await expect(install(spec, join(home, 'none'))).rejects.toThrow(
    /cannot be read.*--from takes a folder or an address/,
  );
});

test('the command says what it would fetch and fetches nothing without a yes', async () => {
  const home = temporaryFolder();
  const [e5] = CATALOGUE;
  const refused = await runCli(['memory', 'model', 'install'], { home });
  expect(refused.code).toBe(2);
  for (const told of [e5!.name, 'MIT', e5!.base, e5!.files['model.onnx'].sha256, '34.7 MB', '--yes'])
    expect(refused.stderr).toContain(told);
  expect(existsSync(join(home, 'models'))).toBe(false);
  const missing = await runCli(['memory', 'model', 'install', '--yes', '--from', home], { home });
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('Nothing was installed')]);
  const { stdout } = await runCli(['memory', 'model', 'list', '--json'], { home });
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'e5-small-v2', bytes: 34_725_763, installedAt: null }]);
  expect((await runCli(['memory', 'model'], { home })).stdout).toContain('not installed');
  expect((await runCli(['memory', 'model', 'install', 'gpt'], { home })).stderr).toContain(
    'there is e5-small-v2',
  );
  expect((await runCli(['memory', 'model', 'remove', 'gpt'], { home })).stderr).toContain('is not installed');
});
