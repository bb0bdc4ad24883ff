/** What a backup does not hold, by name and reason. */
import { printable } from '../terminal.ts';

export interface LeftOut {
  /** Inside the data directory; bytes that are no UTF-8 as `\xNN`. */
  path: string;
  why: string;
  /** Whether something of the owner's is missing: a socket or a pipe has no content that could be. */
  lost: boolean;
}

const MOST_NAMED = 20; // the manifest in the archive, and --json, have them all

/** @returns one line each, and how many more there are */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const first = leftOut.toSorted((a, b) => Number(b.lost) - Number(a.lost)).slice(0, MOST_NAMED);
  const lines = first.map(({ path, why }) => `  ${printable(path).replaceAll('\n', '\\n')}: ${why}`);
  const rest = leftOut.length - first.length;
  return rest === 0 ? lines : [...lines, `  and ${rest} more; manifest.json in the archive names them all`];
}
