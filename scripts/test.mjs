/**
 * `npm test`: format and lint, types, unused code, the folders' imports, a build, and every test, in this order; ends with `N passed, N failed, N skipped`.
 * A test that needs Docker is skipped and says so where they are missing; with CI=true it fails there. What
 * WhatsApp's tests need is installed from its own lock file with CI=true, and elsewhere they are skipped without it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-report-'));
const report = join(folder, 'report.json');
const steps = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['--noEmit']],
  ['types of the page', 'tsc', ['--noEmit', '--project', 'web']],
  ['unused code', 'knip', ['--no-progress']],
  ['folders import one way', 'node', ['scripts/check-circles.mjs']],
  ['build', 'node', ['scripts/build.mjs']],
  ['tests', 'vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]],
];

let failed = 0;
for (const [name, command, args] of steps) {
  console.log(`\n── ${name}`);
  const start = Date.now();
  const { status } = spawnSync(join(root, 'node_modules/.bin', command), args, {
    cwd: root,
    stdio: 'inherit',
  });
  console.log(
    `── ${name}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - start) / 1000).toFixed(1)} s`,
  );
  if (status !== 0) failed++;
}

const counts = readCounts();
// A step that failed without a failing test of its own counts as one failure.
const failures = Math.max(counts.failed, failed);
rmSync(folder, { recursive: true, force: true });
console.log(`\n${counts.passed} passed, ${failures} failed, ${counts.skipped} skipped`);
process.exit(failures === 0 && counts.passed > 0 ? 0 : 1);

function readCounts() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
