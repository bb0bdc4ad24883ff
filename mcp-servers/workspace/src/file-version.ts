/** Tells one state of a file from the next without reading it: a short hash over what every write changes. */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

export function fileVersion({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return createHash('sha256').update([dev, ino, size, mtimeNs, ctimeNs].join(' ')).digest('hex').slice(0, 12);
}
