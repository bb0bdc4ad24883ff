/** SQL of API tokens; only their hashes are kept. */
import type { TokenScope } from '@mobyclaw/protocol/token';
import type { Database } from './database.ts';

export interface TokenRow {
  id: string;
  name: string;
  scope: TokenScope;
  createdAt: number;
  lastUsedAt: number | null;
  /** Of a browser's login, when it ends; null: a token. */
  expiresAt: number | null;
}

export class TokenStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert(token: Omit<TokenRow, 'lastUsedAt'>, hash: string): void {
    this.#db
      .sql('INSERT INTO tokens (id, name, scope, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(token.id, token.name, token.scope, hash, token.createdAt, token.expiresAt);
    this.#db.changed('tokens');
  }

  findByHash(hash: string): TokenRow | null {
    const row = this.#db.sql('SELECT * FROM tokens WHERE hash = ?').get(hash);
    return row ? toToken(row) : null;
  }

  list(): TokenRow[] {
    return this.#db.sql('SELECT * FROM tokens ORDER BY created_at').all().map(toToken);
  }

  markUsed(id: string, at: number): void {
    this.#db.sql('UPDATE tokens SET last_used_at = ? WHERE id = ?').run(at, id);
  }

  prolong(id: string, expiresAt: number): void {
    this.#db.sql('UPDATE tokens SET expires_at = ? WHERE id = ?').run(expiresAt, id);
  }

  /** Forgets logins that ended before `time`. */
  forgetExpired(time: number): void {
    this.#db.sql('DELETE FROM tokens WHERE expires_at < ?').run(time);
  }

  delete(id: string): boolean {
    this.#gone();
    return this.#db.sql('DELETE FROM tokens WHERE id = ?').run(id).changes > 0;
  }

  deleteNamed(name: string): void {
    this.#gone();
    this.#db.sql('DELETE FROM tokens WHERE name = ?').run(name);
  }

  deleteScope(scope: TokenScope): void {
    this.#gone();
    this.#db.sql('DELETE FROM tokens WHERE scope = ?').run(scope);
  }

  /** With a login go the notifications of its browser. */
  #gone(): void {
    this.#db.changed('tokens');
    this.#db.changed('push');
  }
}

function toToken(row: Record<string, unknown>): TokenRow {
  return {
    id: String(row.id),
    name: String(row.name),
    scope: row.scope as TokenScope,
    createdAt: Number(row.created_at),
    lastUsedAt: row.last_used_at as number | null,
    expiresAt: row.expires_at as number | null,
  };
}
