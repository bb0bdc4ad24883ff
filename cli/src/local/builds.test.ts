import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { dataDirectory } from '../data-directory.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { buildName, forgetOtherBuilds, nodeOf, placeBuild } from './builds.ts';

function checkoutWith(version: string) {
  const checkout = temporaryFolder();
  const run = join(checkout, 'run');
  mkdirSync(join(checkout, 'dist/chunks'), { recursive: true });
  mkdirSync(run);
  for (let index = 0; index < 50; index++) writeFileSync(join(checkout, `dist/chunks/${index}.js`), 'x');
  const place = { checkout, data: dataDirectory(checkout), terminal: memoryTerminal(false) };
  build(checkout, version);
  return { checkout, run, place };
}

/** As scripts/build.mjs does: a file is never written again, but replaced. */
function build(checkout: string, version: string): void {
  for (const [name, text] of [
    ['local.js', `program ${version}`],
    ['.built', `0.1.0 ${version}\n`],
  ] as const) {
    writeFileSync(join(checkout, 'dist', `${name}.tmp`), text);
    renameSync(join(checkout, 'dist', `${name}.tmp`), join(checkout, 'dist', name));
  }
}

test('a build is placed once, whole, however many place it at the same moment', async () => {
  const { checkout, run, place } = checkoutWith('1');
  for (const version of ['1', '2']) {
    build(checkout, version);
    const placed = await Promise.all(Array.from({ length: 8 }, () => placeBuild(place)));
    const folder = join(run, `builds/0.1.0-${version}`);
    for (const one of placed)
      expect(one).toEqual({ program: join(folder, 'local.js'), stamp: `0.1.0 ${version}` });
    expect(readdirSync(join(folder, 'chunks'))).toHaveLength(50);
    expect(readFileSync(join(folder, 'local.js'), 'utf8')).toBe(`program ${version}`);
  }
  expect(readdirSync(join(run, 'builds')).toSorted()).toEqual(['0.1.0-1', '0.1.0-2']);
});

test('what was placed stays as it is while the checkout is built anew, or loses its build and its Node', async () => {
  const { checkout, run, place } = checkoutWith('1');
  const first = await placeBuild(place);
  build(checkout, '2');
  rmSync(join(checkout, 'dist/chunks'), { recursive: true });
  expect(readFileSync(first.program, 'utf8')).toBe('program 1');
  expect(readdirSync(join(run, 'builds/0.1.0-1/chunks'))).toHaveLength(50);
  expect(nodeOf(first)).toBe(join(run, 'builds/0.1.0-1/node'));
  const second = await placeBuild(place);
  await forgetOtherBuilds({ run }, second);
  expect([existsSync(first.program), existsSync(second.program)]).toEqual([false, true]);
});

test('a checkout without a build says what to do, and a build has a name that tells it from others', async () => {
  const { checkout, place } = checkoutWith('1');
  rmSync(join(checkout, 'dist/local.js'));
  await expect(placeBuild(place)).rejects.toThrow('Run ./mobyclaw, which builds it.');
  expect(buildName('0.1.0 4f1d02c9aa01')).toBe('0.1.0 (build 4f1d02c9aa01)');
});
