/** Files that say that they are large and are not: holes cost nothing on disk, but would be written out as zeros. */

const MOST_HOLE_BYTES = 4 * 2 ** 30; // seconds to read and pack; `truncate -s 8E` would take for ever
const BLOCK_BYTES = 512; // the unit of `blocks`, whatever the file system's is

export function isMostlyHoles({ size, blocks }: { size: number; blocks: number }): boolean {
  return size - blocks * BLOCK_BYTES > MOST_HOLE_BYTES;
}
