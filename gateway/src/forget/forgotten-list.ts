/**
 * What was forgotten, in `gateway/forgotten.json`: enough to find it again, and no word of it. An entry is there before anything
 * is removed, so that a crash is gone on from; and it stays, so that a backup from before can be brought back without it:
 * `restore` takes the list of the data directory over, and what that backup does not know of is due again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { type ForgottenEntry, forgottenListSchema } from '@mobyclaw/protocol/forget';

export class ForgottenList {
  readonly #path: string;

  /** @param folder of the gateway */
  constructor(folder: string) {
    this.#path = join(folder, 'forgotten.json');
  }

  /** @throws Error saying what to do, where the file cannot be understood */
  async read(): Promise<ForgottenEntry[]> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    try {
      return forgottenListSchema.parse(JSON.parse(text)).forgotten;
    } catch (cause) {
      throw new Error(
        `${this.#path} cannot be understood. Take it back from a backup, or delete it: then a backup from before brings back what was forgotten.`,
        { cause },
      );
    }
  }

  /** Puts the entry there, or in the place of the one with its id; on disk when it resolves. */
  async put(entry: ForgottenEntry): Promise<void> {
    const others = (await this.read()).filter(({ id }) => id !== entry.id);
    await writeFileAtomic(this.#path, `${JSON.stringify({ forgotten: [...others, entry] }, null, 1)}\n`);
  }
}
