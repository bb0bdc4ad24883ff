/** What was typed in earlier chats, for the arrow keys: one line an entry, newest last, readable by the owner alone. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';

const KEPT = 1000;

export class ChatHistory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns the entries, newest first as readline wants them; shortens the file where it has grown */
  async load(): Promise<string[]> {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const lines = text.split('\n').filter(Boolean);
    if (lines.length > 2 * KEPT) await writeFileAtomic(this.#path, `${lines.slice(-KEPT).join('\n')}\n`);
    return lines.slice(-KEPT).reverse();
  }

  add(line: string): void {
    if (/^[/!]forget\b/i.test(line)) return; // what is to be forgotten would stand here
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    appendFileSync(this.#path, `${line}\n`, { mode: 0o600 });
  }
}
