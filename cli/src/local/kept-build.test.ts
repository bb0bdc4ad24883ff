import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { keepBuild, keptBuild } from './kept-build.ts';

test('a build is kept once, whole, however many keep it at the same moment', async () => {
  const checkout = temporaryFolder();
  const run = join(checkout, 'run');
  mkdirSync(join(checkout, 'dist/chunks'), { recursive: true });
  mkdirSync(run);
  for (let index = 0; index < 50; index++) writeFileSync(join(checkout, `dist/chunks/${index}.js`), 'x');
  for (const version of ['1', '2']) {
    writeFileSync(join(checkout, 'dist/local.js'), `program ${version}`);
    writeFileSync(join(checkout, 'dist/.built'), version);
    await Promise.all(Array.from({ length: 8 }, () => keepBuild({ checkout, data: { run } })));
    expect(readdirSync(run)).toEqual(['build']);
    expect(readdirSync(join(run, 'build/chunks'))).toHaveLength(50);
    expect(readFileSync(keptBuild({ run }) ?? '', 'utf8')).toContain('program');
    expect(readFileSync(join(run, 'build/.built'), 'utf8')).toBe(version);
  }
});
