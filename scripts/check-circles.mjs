/**
 * Part of `npm test`: the folders of each part import one way. A folder here is a direct child of a part's `src`; files that
 * lie in `src` itself wire the folders and may import all of them, and no folder imports them. Type imports count too: who
 * names a type depends on its home. Tests and `testing/` folders are left out, since they may stand anywhere.
 *
 * Fails with the shortest circle it finds and the imports that close it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PARTS = [
  'recall',
  'gateway',
  'cli',
  'web',
  'embedded-agent',
  'supervisor',
  'egress',
  'mcp-servers/memory',
  'mcp-servers/workspace',
];
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)'(\.[^']+)'/g;

/**
 * @param {string} src the `src` folder of a part
 * @returns {Map<string, Map<string, string[]>>} folder → folder that it imports → the imports, as `file → file`
 */
export function folderImports(src) {
  const graph = new Map();
  for (const file of productFiles(src)) {
    const from = folderOf(src, file);
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = resolve(dirname(file), specifier);
      if (relative(src, target).startsWith('..')) continue;
      const to = folderOf(src, target);
      if (to === from || from === '.') continue;
      const targets = graph.get(from) ?? new Map();
      graph.set(from, targets);
      const imports = targets.get(to) ?? [];
      targets.set(to, [...imports, `${relative(src, file)} → ${relative(src, target)}`]);
    }
  }
  return graph;
}

/** @returns {string[] | null} the folders of a shortest circle, the first one again at its end */
export function findCircle(graph) {
  let shortest = null;
  for (const start of graph.keys()) {
    const circle = wayBack(graph, start);
    if (circle && (!shortest || circle.length < shortest.length)) shortest = circle;
  }
  return shortest;
}

/** The shortest way from a folder over others back to itself. */
function wayBack(graph, start) {
  const seen = new Set();
  let ways = [[start]];
  while (ways.length > 0) {
    const longer = [];
    for (const way of ways) {
      for (const next of graph.get(way.at(-1))?.keys() ?? []) {
        if (next === start) return [...way, start];
        if (seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return null;
}

function productFiles(src) {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/^testing(\.ts)?$/.test(folderOf(src, file)) && !file.includes(`${sep}testing${sep}`));
}

/** `.` for what lies in `src` itself. */
function folderOf(src, file) {
  const parts = relative(src, file).split(sep);
  return parts.length === 1 ? '.' : parts[0];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let failed = false;
  for (const part of PARTS) {
    const graph = folderImports(join(ROOT, part, 'src'));
    const circle = findCircle(graph);
    if (!circle) continue;
    failed = true;
    console.error(`The folders of ${part}/src import in a circle: ${circle.join(' → ')}`);
    for (let i = 1; i < circle.length; i++) {
      for (const line of graph.get(circle[i - 1]).get(circle[i])) console.error(`  ${line}`);
    }
  }
  if (failed) {
    console.error('Move what both need into a folder below them, or hand it in where they are wired.');
    process.exit(1);
  }
}
