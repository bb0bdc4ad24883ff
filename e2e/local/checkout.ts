/** A checkout of its own that can be changed and built anew, as `git pull` does: its dependencies are this one's. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Checkout {
  root: string;
  launcher: string;
  /** For its environment. */
  path: string;
  /** Replaces text in a source, which must be there. */
  edit(path: string, from: string, to: string): void;
  /** Makes a commit of what there is and builds it. @returns both names, for `checkOut` */
  build(name: string): void;
  /** Puts a build and its commit in force that were made before. */
  checkOut(name: string): void;
  commit(name: string): string;
}

export function newCheckout(folder: string): Checkout {
  const root = join(folder, 'check out');
  const left = ['node_modules', 'dist', '.git', '.env', 'docker-compose.override.yml'];
  cpSync(ROOT, root, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !left.includes(basename(path)),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, '.git-ignored'), 'node_modules\ndist\n');
  // Nothing is to be installed, and above all not through the link.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho "this test installs nothing" >&2\nexit 1\n', {
    mode: 0o755,
  });
  const git = (...args: string[]): string => {
    const settings = [
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@localhost',
      '-c',
      'core.excludesFile=.git-ignored',
    ];
    return execFileSync('git', ['-C', root, ...settings, ...args], { encoding: 'utf8' }).trim();
  };
  git('init', '--quiet');
  const commits = new Map<string, string>();
  const dist = join(root, 'dist');
  return {
    root,
    launcher: join(root, 'mobyclaw'),
    path: `${bin}:${process.env.PATH}`,
    edit(path, from, to) {
      const file = join(root, path);
      const text = readFileSync(file, 'utf8');
      if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
      writeFileSync(file, text.replace(from, to));
    },
    build(name) {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', name);
      commits.set(name, git('rev-parse', 'HEAD'));
      execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'pipe' });
      cpSync(dist, join(folder, `dist-${name}`), { recursive: true });
    },
    checkOut(name) {
      git('checkout', '--quiet', this.commit(name));
      if (existsSync(dist)) rmSync(dist, { recursive: true });
      cpSync(join(folder, `dist-${name}`), dist, { recursive: true });
      const later = new Date(Date.now() + 1000);
      utimesSync(join(dist, '.built'), later, later);
    },
    commit(name) {
      const commit = commits.get(name);
      if (commit === undefined) throw new Error(`nothing was built as ${name}`);
      return commit;
    },
  };
}
