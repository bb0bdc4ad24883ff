/**
 * Bundles each part into dist/: one file a part, so that a start reads few files; the CLI is split, so that a command
 * loads only what it needs. Prints nothing but errors; `dist/.built` marks a complete build for the launcher.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const entries = {
  gateway: 'gateway/src/main.ts',
  'embedded-agent': 'embedded-agent/src/main.ts',
  memory: 'mcp-servers/memory/src/main.ts',
  'agent-supervisor': 'supervisor/src/agent-main.ts',
  local: 'supervisor/src/local-main.ts',
  cli: 'cli/src/main.ts',
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(join(root, 'dist'), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path)))),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  legalComments: 'none',
  define: { 'process.env.MOBYCLAW_VERSION': JSON.stringify(version) },
  // CommonJS packages inside an ESM bundle still call require() for Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  logLevel: 'warning',
});
writeFileSync(join(root, 'dist/.built'), `${version}\n`);
