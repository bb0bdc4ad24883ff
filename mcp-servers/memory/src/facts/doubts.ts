/**
 * What only the owner can decide about his facts: two lines that contradict each other, and a warning that somebody wants gone
 * or softened. Kept on disk until he has decided; the gateway fetches them and asks him.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { type Doubt, doubtsSchema } from '@mobyclaw/protocol/memory-doubt';
import { lineKey } from '../sources/line-key.ts';

const MOST_OPEN = 50; // more questions than anybody answers; the nightly look finds what is left out

export class Doubts {
  readonly #path: string;
  readonly #changed: () => Promise<void>;
  readonly #queue = new SerialQueue();

  /** @param changed called after each change, before its caller hears of it */
  constructor(home: string, changed: () => Promise<void>) {
    this.#changed = changed;
    this.#path = join(home, 'memory', '.doubts.json');
  }

  /** @returns false where it was noted before, or where too many are open */
  async add(doubt: Omit<Doubt, 'id'>): Promise<boolean> {
    return this.#change((open) =>
      open.length >= MOST_OPEN || open.some((other) => isSameDoubt(other, doubt))
        ? open
        : [...open, { id: uuidv7(), ...doubt }],
    );
  }

  async remove(id: string): Promise<void> {
    await this.#change((open) => open.filter((doubt) => doubt.id !== id));
  }

  /** @returns whether anything has changed */
  async #change(transform: (open: Doubt[]) => Doubt[]): Promise<boolean> {
    const changed = await this.#queue.run(async () => {
      const before = await this.#read();
      const after = transform(before);
      if (after.length === before.length) return false;
      await writeFileAtomic(this.#path, JSON.stringify(after));
      return true;
    });
    if (changed) await this.#changed(); // which reads the list
    return changed;
  }

  list(): Promise<Doubt[]> {
    return this.#queue.run(() => this.#read());
  }

  async #read(): Promise<Doubt[]> {
    try {
      return doubtsSchema.safeParse(JSON.parse(await readFile(this.#path, 'utf8'))).data ?? [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return [];
      throw error;
    }
  }
}

function isSameDoubt(a: Omit<Doubt, 'id'>, b: Omit<Doubt, 'id'>): boolean {
  const pair = ({ old, is }: Omit<Doubt, 'id'>): string => `${lineKey(old)}\n${lineKey(is)}`;
  return a.kind === b.kind && a.file === b.file && pair(a) === pair(b);
}
