/**
 * What the parts log, as far as the gateway can see it: in local mode the files of all of them in the data directory's
 * `logs/`, in a container its own alone. Files are read from where a reader was, and from their last block at first.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogsView } from '@mobyclaw/protocol/part';
import type { RecentLines } from './recent-lines.ts';

const BLOCK_BYTES = 64 * 1024;
const FORM = /^([\w-]+)\.log$/;

export interface PartLogsOptions {
  /** The data directory's `logs/`; null where the gateway has no such folder. */
  folder: string | null;
  own: RecentLines | null;
}

export class PartLogs {
  readonly #options: PartLogsOptions;

  constructor(options: PartLogsOptions) {
    this.#options = options;
  }

  /** @param after as `next` of the answer before; null: the last lines @returns null where there is no such log */
  async read(part: string, after: string | null): Promise<LogsView | null> {
    const { folder, own } = this.#options;
    if (folder === null) {
      if (part !== 'gateway') return null;
      const { lines, next } = own?.since(Number(after ?? 0) || 0) ?? { lines: [], next: 0 };
      return { mode: 'containers', parts: ['gateway'], lines, next: String(next) };
    }
    const parts = (await readdir(folder)).flatMap((name) => FORM.exec(name)?.[1] ?? []).toSorted();
    if (!parts.includes(part)) return null;
    return { mode: 'local', parts, ...(await tail(join(folder, `${part}.log`), after)) };
  }
}

/** @param after `<inode>:<offset>`; another file by now is read from its last block */
async function tail(path: string, after: string | null): Promise<{ lines: string[]; next: string }> {
  const file = await open(path, 'r');
  try {
    const { ino, size } = await file.stat();
    const [inode, offset] = (after ?? '').split(':').map(Number);
    const goesOn = inode === ino && offset !== undefined && offset <= size && size - offset <= BLOCK_BYTES;
    const from = goesOn ? offset : Math.max(0, size - BLOCK_BYTES);
    const bytes = Buffer.alloc(size - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    const text = bytes.subarray(0, bytesRead);
    const end = text.lastIndexOf(0x0a) + 1; // what is not a whole line yet is read the next time
    const lines = text.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
    if (!goesOn && from > 0) lines.shift(); // cut
    return { lines, next: `${ino}:${from + end}` };
  } finally {
    await file.close();
  }
}
