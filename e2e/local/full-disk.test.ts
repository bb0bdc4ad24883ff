/** A data directory on a disk that is full, or that has become read-only: stopping needs neither, and nothing hangs. */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { canMount, type SmallDisk, smallDisk } from '@mobyclaw/testkit/small-disk';
import { expect, onTestFinished, test } from 'vitest';
import { type Finished, newMoby } from './moby.ts';

const MEGABYTES = 64; // less than a copy of the build with its Node takes
const STOPS_WITHIN_MS = 20_000; // ends at once; it was 60 s, and then not at all

interface Place {
  disk: SmallDisk;
  home: string;
  cli(...args: string[]): Promise<Finished>;
  /** Writes until not one byte more goes on the disk. @returns makes room again */
  fill(): () => void;
}

async function place(): Promise<Place> {
  const disk = smallDisk(MEGABYTES);
  const home = join(disk.path, 'moby');
  const moby = await newMoby({ MOBYCLAW_HOME: home });
  onTestFinished(async () => void (await moby.cli(['down'])), 60_000);
  return {
    disk,
    home,
    cli: (...args) => moby.cli(args),
    fill() {
      const path = join(disk.path, 'filler');
      const file = openSync(path, 'w');
      for (const block of [1 << 20, 1 << 12, 1]) {
        try {
          for (;;) writeSync(file, Buffer.alloc(block));
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
        }
      }
      closeSync(file);
      return () => rmSync(path);
    },
  };
}

const mounted = test.skipIf(!canMount());

mounted(
  'a full disk: he starts, what looks goes on, what starts says why not, and down ends him at once',
  async () => {
    const { cli, fill, home } = await place();
    const up = await cli('up', '--local');
    expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('no room for a copy of this build')]);
    expect((await cli('run', 'hello')).code).toBe(0);
    const makeRoom = fill();
    for (const [command, code] of [
      [['status'], 0],
      [['logs', '-n', '3'], 0],
      [['history'], 0],
      [['doctor'], 1], // names the disk
      [['run', 'hello'], 1],
    ] as const) {
      const { code: ended, stdout, stderr } = await cli(...command);
      expect([command, ended]).toEqual([command, code]);
      expect(stdout + stderr).not.toMatch(/unexpected error| at \w+ \(/);
    }
    for (const command of [['restart'], ['restart', 'gateway'], ['upgrade', '--build']]) {
      const { code, stderr } = await cli(...command);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/is full.*Nothing was changed\. Free some space/),
      ]);
    }
    expect((await cli('status')).code).toBe(0);
    const began = performance.now();
    const down = await cli('down');
    expect([down.code, down.stderr]).toEqual([0, expect.stringContaining('Moby is stopped.')]);
    expect(performance.now() - began).toBeLessThan(STOPS_WITHIN_MS);
    expect((await cli('up', '--local')).stderr).toMatch(/is full.*Free some space/);
    makeRoom();
    expect((await cli('up', '--local')).code).toBe(0);
    expect((await cli('run', 'hello')).code).toBe(0);
    expect(readFileSync(join(home, 'logs/local.log'), 'utf8')).toContain('"stopping"');
  },
  300_000,
);

mounted(
  'a read-only disk: it is named, and down ends him',
  async () => {
    const { cli, disk } = await place();
    expect((await cli('up', '--local')).code).toBe(0);
    disk.readOnly();
    expect((await cli('status')).code).toBe(0);
    expect((await cli('run', 'hello')).code).toBe(1);
    const restart = await cli('restart');
    expect([restart.code, restart.stderr]).toEqual([1, expect.stringContaining('is read-only')]);
    const down = await cli('down');
    expect([down.code, down.stderr]).toEqual([0, expect.stringContaining('Moby is stopped.')]);
    const up = await cli('up', '--local');
    expect([up.code, up.stderr]).toEqual([1, expect.stringContaining('is read-only')]);
  },
  300_000,
);
