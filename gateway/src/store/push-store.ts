/** SQL of the browsers that are told what comes while no tab is in front. */
import type { Database } from './database.ts';

export interface PushRow {
  id: string;
  /** Of the browser; its end is the subscription's. */
  login: string;
  /** Name of the login, such as "Firefox on Linux". */
  name: string;
  endpoint: string;
  p256dh: string;
  auth: string;
  /** Whether what was said goes along. */
  content: boolean;
  createdAt: number;
}

export class PushStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Instead of an earlier one of this browser. */
  put(row: Omit<PushRow, 'name'>): void {
    this.#db
      .sql('DELETE FROM push_subscriptions WHERE login = ? OR endpoint = ?')
      .run(row.login, row.endpoint);
    this.#db
      .sql(
        'INSERT INTO push_subscriptions (id, login, endpoint, p256dh, auth, content, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(row.id, row.login, row.endpoint, row.p256dh, row.auth, Number(row.content), row.createdAt);
    this.#db.changed('push');
  }

  /** Of logins that have not ended by `now`. */
  list(now: number): PushRow[] {
    return this.#db
      .sql(
        `SELECT push_subscriptions.*, tokens.name FROM push_subscriptions JOIN tokens ON tokens.id = login
         WHERE expires_at > ? ORDER BY push_subscriptions.created_at`,
      )
      .all(now)
      .map((row) => ({
        id: String(row.id),
        login: String(row.login),
        name: String(row.name),
        endpoint: String(row.endpoint),
        p256dh: String(row.p256dh),
        auth: String(row.auth),
        content: row.content === 1,
        createdAt: Number(row.created_at),
      }));
  }

  delete(id: string): boolean {
    this.#db.changed('push');
    return this.#db.sql('DELETE FROM push_subscriptions WHERE id = ?').run(id).changes > 0;
  }
}
