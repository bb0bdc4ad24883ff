/**
 * Bundles each part into dist/: one file a part, so that a start reads few files; what is imported on demand goes into
 * chunks, so that a command loads only what it needs. Each `dist/<part>.js` is a few lines that switch on V8's compile
 * cache and import `<part>.main.js`.
 *
 * Files are replaced one by one by renaming and chunks are named by their content, so a part that runs while a build
 * happens still finds its chunks, and nobody sees half a build. `dist/.built` is written last: version and hash of the
 * build, with the time at which the build began, so that a source saved meanwhile counts as newer.
 * The page goes with the gateway, which serves it (`build-page.mjs`). Prints nothing but errors.
 *
 * `node scripts/build.mjs <folder> <part>…` builds these parts alone into another folder, without source maps: what an
 * image needs and nothing else.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { V8_FLAGS } from '../lib/src/process-memory.ts';
import { buildPage } from './build-page.mjs';

const OLD_FILES_KEPT_MS = 30 * 86_400_000; // longer than a part runs before `up` notices the new version

const began = new Date();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder, ...wanted] = process.argv.slice(2);
const dist = folder === undefined ? join(root, 'dist') : resolve(folder);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const entries = {
  gateway: 'gateway/src/main.ts',
  'embedded-agent': 'embedded-agent/src/main.ts',
  memory: 'mcp-servers/memory/src/main.ts',
  workspace: 'mcp-servers/workspace/src/main.ts',
  egress: 'egress/src/main.ts',
  'agent-supervisor': 'supervisor/src/agent-main.ts',
  local: 'supervisor/src/local-main.ts',
  sandbox: 'supervisor/src/sandbox/inside-main.ts',
  cli: 'cli/src/main.ts',
};
const unknown = wanted.filter((part) => !Object.hasOwn(entries, part));
if (unknown.length > 0 || (folder !== undefined && wanted.length === 0)) {
  process.stderr.write(
    `build: ${unknown[0] ?? 'no part'} is not one of ${Object.keys(entries).join(', ')}\nusage: node scripts/build.mjs [<folder> <part>…]\n`,
  );
  process.exit(2);
}
const present = Object.entries(entries).filter(
  ([part, path]) => (wanted.length === 0 || wanted.includes(part)) && existsSync(join(root, path)),
);

function write(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/** zod brings its messages in fifty languages into every bundle; every part speaks English. */
const englishOnly = {
  name: 'zod-english-only',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * An ES import of node:http reads all that it exports, WebSocket included, which loads the whole of undici: 20 ms of
 * every start. Taken this way it is loaded when somebody asks for it, which is never.
 */
const httpWithoutUndici = {
  name: 'http-without-undici',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'require-call' ? undefined : { path: 'http', namespace: 'builtin' },
    );
    esbuild.onLoad({ filter: /^http$/, namespace: 'builtin' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http');",
    }));
  },
};

/** Express decodes request bodies by iconv-lite, whose tables of Asian encodings are half a megabyte; JSON is UTF-8. */
const utf8Only = {
  name: 'utf8-only',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[/\\]iconv-lite[/\\]lib[/\\]index\.js$/ }, () => ({
      contents: `
        const { StringDecoder } = require('node:string_decoder');
        const isUtf8 = (name) => /^utf-?8$/i.test(name);
        exports.encodingExists = isUtf8;
        exports.decode = (buffer) => buffer.toString('utf8');
        exports.getDecoder = (name) => {
          if (isUtf8(name)) return new StringDecoder('utf8');
          throw new Error('Encoding not recognized: ' + name);
        };`,
    }));
  },
};

/** The gateway counts and measures; the rest of the package (pushes, clusters) loads 4 MB that a plain process needs for nothing else. */
const metricsAlone = {
  name: 'metrics-alone',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[/\\]prom-client[/\\]index\.js$/ }, () => ({
      contents: ['Counter', 'Gauge', 'Histogram', 'Registry']
        .map((name) => `exports.${name} = require('./lib/${name.toLowerCase()}');`)
        .join('\n'),
    }));
  },
};

/** Express knows 2,500 media types, which are 2 MB of memory for each of its processes; these are the ones we serve. */
const SERVED =
  /^(bin|css|csv|gif|gz|html?|ico|jpe?g|js|json|map|md|mjs|mp3|mp4|ogg|pdf|png|svg|tar|txt|wasm|webm|webmanifest|webp|woff2?|xml|ya?ml|zip)$/;
const usualMediaTypes = {
  name: 'usual-media-types',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[/\\]mime-db[/\\]db\.json$/ }, ({ path }) => {
      const all = Object.entries(JSON.parse(readFileSync(path, 'utf8')));
      const served = all.filter(([, { extensions }]) =>
        extensions?.some((extension) => SERVED.test(extension)),
      );
      const form = all.filter(([type]) => type === 'application/x-www-form-urlencoded');
      return { contents: JSON.stringify(Object.fromEntries([...served, ...form])), loader: 'json' };
    });
  },
};

/**
 * Each part is a graph of its own: in one graph for all, a library that two parts share goes into a common chunk with all
 * that any of them needs, and the gateway would load what only the agent uses.
 */
const bundle = (part, path) =>
  build({
    absWorkingDir: root,
    entryPoints: { [`${part}.main`]: path },
    outdir: dist,
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: folder === undefined ? 'linked' : false,
    legalComments: 'none',
    plugins: [englishOnly, httpWithoutUndici, utf8Only, usualMediaTypes, metricsAlone],
    define: { 'process.env.MOBYCLAW_VERSION': JSON.stringify(version) },
    // CommonJS packages inside an ESM bundle still call require() for Node's own modules.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
  });

let results;
let page = new Map();
try {
  const [bundles, built] = await Promise.all([
    Promise.all(present.map(([part, path]) => bundle(part, path))),
    present.some(([part]) => part === 'gateway') ? buildPage(root, version) : null,
  ]);
  results = bundles;
  page = built?.files ?? page;
} catch (error) {
  if (!error.errors) process.stderr.write(`build: ${error.message}\n`); // those of its own esbuild has printed
  process.exit(1);
}

const starter = (part) =>
  `import{setFlagsFromString}from'node:v8';setFlagsFromString('${V8_FLAGS.join(' ')}');import{enableCompileCache}from'node:module';enableCompileCache(import.meta.dirname+'/.compile-cache');await import('./${part}.main.js');\n`;

/** esbuild escapes what is not ASCII, but not in regular expressions; one such sign, and V8 keeps the file at twice its size. */
function inAscii(text) {
  return text.replace(/[^\p{ASCII}]/gu, (sign) =>
    sign
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

const hash = createHash('sha256').update(starter('')).update(process.version); // a part runs on the Node of its build
// Chunks before the entries that name them.
const outputs = results
  .flatMap(({ outputFiles }) => outputFiles)
  .toSorted((a, b) => b.path.split('/').length - a.path.split('/').length || a.path.localeCompare(b.path));
for (const { path, contents, text } of outputs) {
  if (!path.endsWith('.map')) hash.update(relative(dist, path)).update(contents);
  write(path, path.endsWith('.js') ? inAscii(text) : contents);
}
for (const [name, contents] of page) {
  hash.update(name).update(contents);
  write(join(dist, 'web', name), contents);
}
for (const [part] of present) write(join(dist, `${part}.js`), starter(part));

const current = new Set([
  ...outputs.map(({ path }) => path),
  ...[...page.keys()].map((name) => join(dist, 'web', name)),
  ...present.map(([part]) => join(dist, `${part}.js`)),
]);
for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(file.parentPath, file.name);
  const old = () => began.getTime() - statSync(path).mtimeMs > OLD_FILES_KEPT_MS;
  if (file.isFile() && !current.has(path) && old()) rmSync(path, { force: true });
}

write(join(dist, '.built'), `${version} ${hash.digest('hex').slice(0, 12)}\n`);
utimesSync(join(dist, '.built'), began, began);
