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
  /** That start a turn; null: all. */
  events: string[] | null;
  /** fresh: each delivery begins anew; keep: one conversation. */
  session: 'keep' | 'fresh';
  /** Its turns have the owner's reach; null: made before there was the choice, and the owner does not know yet. */
  trusted: boolean | null;
  createdAt: number;
  receivedAt: number | null;
}

export interface HookDeliveryRow {
  turn: string;
  event: string | null;
  receivedAt: number;
  /** Of the turn. */
  state: string | null;
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
        `INSERT INTO hooks (name, proof, secret, template, channel, events, session, trusted, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING`,
      )
      .run(
        hook.name,
        hook.proof,
        hook.secret,
        hook.template,
        hook.channel,
        hook.events && JSON.stringify(hook.events),
        hook.session,
        Number(hook.trusted ?? false),
        hook.createdAt,
      );
    return changes > 0;
  }

  find(name: string): HookRow | null {
    const row = this.#db.sql('SELECT * FROM hooks WHERE name = ?').get(name);
    return row ? toHook(row) : null;
  }

  list(): HookRow[] {
    return this.#db.sql('SELECT * FROM hooks ORDER BY name').all().map(toHook);
  }

  /** Those made before it could be said whether they are trusted are not, and the owner knows now. */
  settleTrust(): void {
    this.#db.sql('UPDATE hooks SET trusted = 0 WHERE trusted IS NULL').run();
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

  recordDelivery(hook: string, delivery: string, turn: string, event: string | null, at: number): void {
    this.#db
      .sql(
        `INSERT INTO hook_deliveries (hook, delivery, turn, event, received_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (hook, delivery) DO NOTHING`,
      )
      .run(hook, delivery, turn, event, at);
    this.markReceived(hook, at);
  }

  markReceived(hook: string, at: number): void {
    this.#db.sql('UPDATE hooks SET received_at = ? WHERE name = ?').run(at, hook);
  }

  /** The last deliveries that began a turn, newest first. */
  deliveries(hook: string, limit: number): HookDeliveryRow[] {
    return this.#db
      .sql(
        `SELECT hook_deliveries.turn, event, received_at, turns.state FROM hook_deliveries
           LEFT JOIN turns ON turns.id = hook_deliveries.turn
         WHERE hook = ? ORDER BY received_at DESC LIMIT ?`,
      )
      .all(hook, limit)
      .map((row) => ({
        turn: String(row.turn),
        event: row.event as string | null,
        receivedAt: Number(row.received_at),
        state: row.state as string | null,
      }));
  }
}

function toHook(row: Record<string, unknown>): HookRow {
  return {
    name: String(row.name),
    proof: row.proof as HookProof,
    secret: row.secret as string | null,
    template: String(row.template),
    channel: row.channel as string | null,
    events: row.events === null ? null : (JSON.parse(String(row.events)) as string[]),
    session: row.session === 'keep' ? 'keep' : 'fresh',
    trusted: row.trusted === null ? null : row.trusted === 1,
    createdAt: Number(row.created_at),
    receivedAt: row.received_at as number | null,
  };
}
