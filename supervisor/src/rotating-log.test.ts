import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { RotatingLog } from './rotating-log.ts';

const line = (index: number): Buffer => Buffer.from(`line ${String(index).padStart(4, '0')}\n`);

test('keeps the newest lines, whole and in order, in a bounded number of files', () => {
  const path = join(temporaryFolder(), 'part.log');
  const log = new RotatingLog(path, { maxBytes: 100, files: 3 });
  for (let index = 0; index < 50; index++) log.write(line(index));
  log.close();
  const texts = [`${path}.2`, `${path}.1`, path].map((name) => readFileSync(name, 'utf8'));
  for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100);
  const kept = texts.join('').trimEnd().split('\n');
  expect(kept).toEqual(
    Array.from({ length: kept.length }, (_, index) =>
      line(50 - kept.length + index)
        .toString()
        .trimEnd(),
    ),
  );
  expect(kept.length).toBeGreaterThanOrEqual(20);
  expect(existsSync(`${path}.3`)).toBe(false);
});

test('loses nothing over a rotation', () => {
  const path = join(temporaryFolder(), 'part.log');
  const log = new RotatingLog(path, { maxBytes: 100, files: 3 });
  for (let index = 0; index < 20; index++) log.write(line(index));
  log.close();
  const all = [`${path}.1`, path].map((name) => readFileSync(name, 'utf8')).join('');
  expect(all.trimEnd().split('\n')).toHaveLength(20);
});

test('goes on with the file that is there, and only the owner can read it', () => {
  const path = join(temporaryFolder(), 'part.log');
  for (let start = 0; start < 3; start++) {
    const log = new RotatingLog(path);
    log.write(line(start));
    log.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('line 0000\nline 0001\nline 0002\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a folder that is missing is a failure that passes, not an exception', () => {
  const folder = join(temporaryFolder(), 'logs');
  const log = new RotatingLog(join(folder, 'part.log'));
  log.write(line(1));
  expect(log.failure).toMatchObject({ code: 'ENOENT' });
  mkdirSync(folder);
  log.write(line(2));
  expect(log.failure).toBeNull();
  log.close();
  expect(readFileSync(join(folder, 'part.log'), 'utf8')).toBe('line 0002\n');
});

test('old logs that the owner deleted leave no gap to stumble over', () => {
  const path = join(temporaryFolder(), 'part.log');
  const log = new RotatingLog(path, { maxBytes: 30, files: 3 });
  for (let index = 0; index < 6; index++) log.write(line(index));
  rmSync(`${path}.1`);
  for (let index = 6; index < 12; index++) log.write(line(index));
  log.close();
  expect(log.failure).toBeNull();
});

test('takes the right to read away from others where they had it', () => {
  const path = join(temporaryFolder(), 'part.log');
  writeFileSync(path, 'before\n');
  chmodSync(path, 0o666);
  const log = new RotatingLog(path);
  log.write('after\n');
  log.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
});
