/**
 * Bundles the page: code and styles named by their content under `web/assets/`, what goes by a fixed name beside them, each
 * compressed once here. Fails where what the first view needs has become more than FIRST_LOAD_BYTES.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const FIRST_LOAD_BYTES = 60_000; // gzip: page, styles and all code but what is loaded on demand
const COMPRESSED = new Set(['.html', '.js', '.css', '.svg', '.webmanifest']);

/**
 * @param {string} root the checkout
 * @param {string} version
 * @param {number} most bytes of the first load
 * @returns {Promise<{ files: Map<string, Buffer>, firstLoadBytes: number }>} files by their path under `web/`, the ones that
 *   name others last
 * @throws where it does not build or has become too large
 */
export async function buildPage(root, version, most = FIRST_LOAD_BYTES) {
  const web = join(root, 'web');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { app: 'web/src/main.tsx', style: 'web/src/style/style.css' },
    outdir: join(root, 'dist/web'),
    write: false,
    bundle: true,
    splitting: true,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'safari16', 'firefox115', 'chrome110'],
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
  const base = `${join(root, 'dist/web')}/`;
  const files = new Map(
    outputFiles.map(({ path, contents }) => [path.slice(base.length), Buffer.from(contents)]),
  );
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({
    name: path.replace(/^dist\/web\//, ''),
    ...output,
  }));
  const byName = new Map(outputs.map((output) => [output.name, output]));
  const entry = (source) => outputs.find(({ entryPoint }) => entryPoint === source).name;
  const script = entry('web/src/main.tsx');
  const style = entry('web/src/style/style.css');
  const shell = [...withStaticImports(script, byName), style];

  const preloads = shell
    .filter((name) => name !== script && name !== style)
    .map((name) => `<link rel="modulepreload" href="/${name}">`)
    .join('');
  const html = readFileSync(join(web, 'index.html'), 'utf8')
    .replace('<!-- style -->', `<link rel="stylesheet" href="/${style}">`)
    .replace('<!-- script -->', `${preloads}<script type="module" src="/${script}"></script>`)
    .replaceAll(/\n\s*/g, '\n');
  for (const name of readdirSync(join(web, 'static')))
    if (name !== 'sw.js') files.set(name, readFileSync(join(web, 'static', name)));
  const worker = readFileSync(join(web, 'static/sw.js'), 'utf8')
    .replace("'SHELL'", JSON.stringify(shell.map((name) => `/${name}`)))
    .replace('NAME', createHash('sha256').update(html).digest('hex').slice(0, 12));
  files.set('sw.js', Buffer.from(worker));
  files.set('index.html', Buffer.from(html.replace('VERSION', version)));

  const firstLoadBytes = ['index.html', ...shell]
    .map((name) => gzip(files.get(name)).length)
    .reduce((sum, bytes) => sum + bytes, 0);
  if (firstLoadBytes > most) {
    const parts = shell.map((name) => `${name}: ${gzip(files.get(name)).length}`).join(', ');
    throw new Error(
      `The first load of the page is ${firstLoadBytes} bytes, more than the ${most} it may be (${parts}). Load on demand what the first view does not show.`,
    );
  }
  for (const [name, contents] of [...files]) {
    if (!COMPRESSED.has(extname(name))) continue;
    files.set(`${name}.gz`, gzip(contents));
    files.set(`${name}.br`, brotli(contents));
  }
  return { files: new Map([...files].toSorted(([a], [b]) => order(a) - order(b))), firstLoadBytes };
}

/** A file and all it imports, but not what it loads on demand. */
function withStaticImports(name, byName, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const { path, kind } of byName.get(name)?.imports ?? [])
    if (kind === 'import-statement') withStaticImports(path.replace(/^dist\/web\//, ''), byName, seen);
  return seen;
}

/** What names others comes after them. */
function order(name) {
  return name.startsWith('assets/') ? 0 : name.startsWith('index.html') ? 2 : 1;
}

const gzip = (contents) => gzipSync(contents, { level: 9 });
const brotli = (contents) =>
  brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
