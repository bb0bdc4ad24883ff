/** SQL of webhooks and of their deliveries. */
import type { HookProof } from '@mobyclaw/protocol/hook';
import type { Database } from './database.ts';

export interface HookRow {
  name: string;
  proof: HookProof;
  /** Null where senders prove themselves by an API token. */
  secret: string | null;
  template: string;
  channel: string | null;
  createdAt: number;
  receivedAt: number | null;
}

export class HookStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @returns whether the name was free */
  insert(hook: Omit<HookRow, 'receivedAt'>): boolean {
    const { changes } = this.#db
      .sql(
        `INSERT INTO hooks (name, proof, secret, template, channel, created_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING`,
      )
      .run(hook.name, hook.proof, hook.secret, hook.template, hook.channel, hook.createdAt);
    return changes > 0;
  }

  find(name: string): HookRow | null {
    const row = this.#db.sql('SELECT * FROM hooks WHERE name = ?').get(name);
    return row ? toHook(row) : null;
  }

  list(): HookRow[] {
    return this.#db.sql('SELECT * FROM hooks ORDER BY name').all().map(toHook);
  }

  /** Its deliveries stay known, so that a hook of the same name does not run them again. */
  delete(name: string): boolean {
    return this.#db.sql('DELETE FROM hooks WHERE name = ?').run(name).changes > 0;
  }

  turnOfDelivery(hook: string, delivery: string): string | null {
    const row = this.#db
      .sql('SELECT turn FROM hook_deliveries WHERE hook = ? AND delivery = ?')
      .get(hook, delivery);
    return row ? String(row.turn) : null;
  }

  recordDelivery(hook: string, delivery: string, turn: string, at: number): void {
    this.#db
      .sql(
        `INSERT INTO hook_deliveries (hook, delivery, turn, received_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (hook, delivery) DO NOTHING`,
      )
      .run(hook, delivery, turn, at);
    this.#db.sql('UPDATE hooks SET received_at = ? WHERE name = ?').run(at, hook);
  }
}

function toHook(row: Record<string, unknown>): HookRow {
  return {
    name: String(row.name),
    proof: row.proof as HookProof,
    secret: row.secret as string | null,
    template: String(row.template),
    channel: row.channel as string | null,
    createdAt: Number(row.created_at),
    receivedAt: row.received_at as number | null,
  };
}
