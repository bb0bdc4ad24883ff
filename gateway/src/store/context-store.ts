/** SQL of how full the model is in each conversation, and of the windows that were learned the hard way. */
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

/** What a conversation's agent session held after its last model call. Sizes are in tokens. */
export interface ContextRow {
  tokens: number;
  /** How much the model can read and write, as the engine or soul.yaml says; null: neither does. */
  limit: number | null;
  source: 'reported' | 'named' | null;
  /** `provider/model`. */
  model: string;
  /** What a new agent session begins with: instructions and tools. Null: not seen yet. */
  base: number | null;
}

export class ContextStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  /** @returns null where no model has been called in its agent session */
  of(session: string): ContextRow | null {
    const row = this.#db.sql('SELECT * FROM sessions WHERE key = ?').get(this.#names.current(session));
    return row ? toContext(row) : null;
  }

  /** What its model is, also where its agent session has been left; null: none has been called. */
  modelOf(session: string): Pick<ContextRow, 'limit' | 'source' | 'model'> | null {
    const row = this.#db
      .sql('SELECT * FROM sessions WHERE key = ? AND context_model IS NOT NULL')
      .get(this.#names.current(session));
    const context = row && toContext({ ...row, context_tokens: 0 });
    return context ?? null;
  }

  /** @returns null where it has not been seen */
  baseOf(session: string): number | null {
    const row = this.#db
      .sql('SELECT context_base AS base FROM sessions WHERE key = ?')
      .get(this.#names.current(session));
    return typeof row?.base === 'number' ? row.base : null;
  }

  note(session: string, { tokens, limit, source, model, base }: ContextRow): void {
    this.#db
      .sql(
        `UPDATE sessions SET context_tokens = ?, context_limit = ?, context_source = ?, context_model = ?,
           context_base = coalesce(?, context_base) WHERE key = ?`,
      )
      .run(tokens, limit, source, model, base, this.#names.current(session));
    this.#db.changed('sessions');
  }

  /** Of all conversations whose agent session is known to hold something, the fullest in tokens first. */
  fullest(limit: number): (ContextRow & { session: string })[] {
    return this.#db
      .sql(
        `SELECT * FROM sessions WHERE context_tokens IS NOT NULL AND agent_session IS NOT NULL
         ORDER BY context_tokens DESC LIMIT ?`,
      )
      .all(limit)
      .flatMap((row) => {
        const context = toContext(row);
        return context ? [{ session: String(row.key), ...context }] : [];
      });
  }

  /** @returns null where nothing was learned of the model */
  learned(model: string): number | null {
    const row = this.#db.sql('SELECT tokens FROM learned_windows WHERE model = ?').get(model);
    return row ? Number(row.tokens) : null;
  }

  learn(model: string, tokens: number, at: number): void {
    this.#db
      .sql(
        `INSERT INTO learned_windows (model, tokens, at) VALUES (?, ?, ?)
         ON CONFLICT (model) DO UPDATE SET tokens = excluded.tokens, at = excluded.at`,
      )
      .run(model, tokens, at);
  }
}

function toContext(row: Record<string, unknown>): ContextRow | null {
  if (row.context_tokens === null) return null;
  return {
    tokens: Number(row.context_tokens),
    limit: row.context_limit === null ? null : Number(row.context_limit),
    source: row.context_source as ContextRow['source'],
    model: String(row.context_model ?? ''),
    base: row.context_base === null ? null : Number(row.context_base),
  };
}
