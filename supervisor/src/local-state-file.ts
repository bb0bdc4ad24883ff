/**
 * run/local.json. It is also how a supervisor that was killed hands its orphans to the next one, so it is written in the
 * very tick in which a child was started: synchronously, by rename, without fsync (a machine that loses power has no
 * orphans).
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_STATE_FILE, type LocalState, localStateSchema } from '@mobyclaw/protocol/local-state';

export class LocalStateFile {
  readonly #path: string;

  constructor(home: string) {
    this.#path = join(home, LOCAL_STATE_FILE);
  }

  write(state: LocalState): void {
    const temporary = `${this.#path}.new`;
    writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.#path);
  }

  /** @returns null where there is none, or none that can be read */
  read(): LocalState | null {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return localStateSchema.parse(JSON.parse(text));
    } catch {
      return null; // of another version: its processes cannot be known, and the next write replaces it
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
