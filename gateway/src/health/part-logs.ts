/**
 * What the parts log, as far as the gateway can see it: in local mode the files of all of them in the data directory's
 * `logs/`, in a container its own alone. Files are read from where a reader was, and from their last block at first.
 */
import { watch } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import type { LogsView } from '@mobyclaw/protocol/part';
import type { RecentLines } from './recent-lines.ts';

const BLOCK_BYTES = 64 * 1024;
const PAUSE_MS = 100; // between two readings of a log that is written to all the time
const FORM = /^([\w-]+)\.log$/;

export interface PartLogsOptions {
  /** The data directory's `logs/`; null where the gateway has no such folder. */
  folder: string | null;
  own: RecentLines | null;
  clock: Clock;
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

  /**
   * Tells what was read, then each time what has come since.
   * @param first what `read` gave
   * @param fail cannot go on; the reader may come back
   * @returns stops
   */
  follow(part: string, first: LogsView, tell: (view: LogsView) => void, fail: () => void): () => void {
    const { clock } = this.#options;
    let { next } = first;
    let state: 'rests' | 'reads' | 'reads again' | 'ended' = 'rests';
    const isEnded = (): boolean => state === 'ended';
    const look = (): void => {
      if (state === 'reads') state = 'reads again';
      if (state !== 'rests') return;
      state = 'reads';
      void (async () => {
        const view = await this.read(part, next).catch(() => null); // it is being replaced by a new one
        if (isEnded()) return;
        if (view) next = view.next;
        if (view && view.lines.length > 0) tell(view);
        clock.after(PAUSE_MS, () => {
          if (isEnded()) return;
          const again = state === 'reads again';
          state = 'rests';
          if (again) look();
        });
      })();
    };
    tell(first);
    const unwatch = this.#watch(part, look, fail);
    look(); // what came between the reading and the watching
    return () => {
      state = 'ended';
      unwatch();
    };
  }

  #watch(part: string, look: () => void, fail: () => void): () => void {
    const { folder, own } = this.#options;
    if (folder === null) return own?.listen(look) ?? (() => undefined);
    const watcher = watch(folder, (_, name) => name === `${part}.log` && look());
    watcher.on('error', fail);
    return () => watcher.close();
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
