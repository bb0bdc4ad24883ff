/** SQL of what an upgrade has to tell the owner. */
import type { Database } from './database.ts';

export class NoticeStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  isDue(key: string): boolean {
    return this.#db.sql('SELECT 1 FROM owner_notices WHERE key = ?').get(key) !== undefined;
  }

  told(key: string): void {
    this.#db.sql('DELETE FROM owner_notices WHERE key = ?').run(key);
  }
}
