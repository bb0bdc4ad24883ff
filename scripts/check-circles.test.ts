import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { findCircle, folderImports } from './check-circles.mjs';

function source(files: Record<string, string>): string {
  const src = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(src, name)), { recursive: true });
    writeFileSync(join(src, name), text);
  }
  return src;
}

test('a circle over three folders is found with the imports that close it, those of types among them', () => {
  const src = source({
    'a/one.ts': "import type { Two } from '../b/two.ts';\n",
    'b/two.ts': "const two = await import('../c/three.ts');\n",
    'c/three.ts': "export { one } from '../a/one.ts';\n",
  });
  const graph = folderImports(src);
  expect(findCircle(graph)).toEqual(['a', 'b', 'c', 'a']);
  expect(graph.get('c').get('a')).toEqual(['c/three.ts → a/one.ts']);
});

test('tests and testing folders may import what they like, and files in src itself wire the folders', () => {
  const src = source({
    'main.ts': "import './a/one.ts';\nimport './b/two.ts';\n",
    'a/one.ts': "import '../b/two.ts';\n",
    'b/two.ts': "import '../main.ts';\n",
    'b/two.test.ts': "import '../a/one.ts';\n",
    'b/testing/three.ts': "import '../../a/one.ts';\n",
    'testing/four.ts': "import '../a/one.ts';\n",
  });
  expect(findCircle(folderImports(src))).toBeNull();
});
