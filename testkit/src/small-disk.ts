import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Mounting is root's; a CI machine lets its user be root without a password. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

export interface SmallDisk {
  path: string;
  /** What is opened from then on is refused, as on a disk that was mounted anew after an error. */
  readOnly(): void;
}

/**
 * Whether small file systems can be mounted here, for `test.skipIf(!canMount())`; with CI set it is an error where they
 * cannot, so that no test is ever skipped unseen there.
 * @throws in CI
 */
export function canMount(environment: NodeJS.ProcessEnv = process.env): boolean {
  try {
    if (process.platform !== 'linux') return false;
    asRoot('mount', '--version');
    return true;
  } catch (error) {
    if (environment.CI)
      throw new Error('These tests mount a small disk; let the user of CI use sudo.', { cause: error });
    process.stderr.write('skipped: some tests mount a small disk, for which one has to be root\n');
    return false;
  }
}

/** A file system in memory that is gone when the test is. @param megabytes what fits on it */
export function smallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'mobyclaw-disk-'));
  const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()},mode=700`;
  asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,${owner}`, 'tmpfs', path);
  let mounts = 1;
  onTestFinished(() => {
    for (; mounts > 0; mounts--) asRoot('umount', '--lazy', path);
    rmdirSync(path);
  });
  return {
    path,
    readOnly() {
      asRoot('mount', '--bind', path, path);
      mounts++;
      asRoot('mount', '-o', 'remount,bind,ro', path);
    },
  };
}

function asRoot(...command: string[]): void {
  const [program = '', ...args] = [...AS_ROOT, ...command];
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
