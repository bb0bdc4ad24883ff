/** SQL of what was spent, summed from the turns. */
import type { Database } from './database.ts';

/** Turns in which a model was called, by that model. */
export interface ModelRow {
  model: string;
  turns: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  /** Of the turns whose cost is known; null where it is of none. */
  costUsd: number | null;
  unpricedTurns: number;
}

export interface GroupRow {
  /** A source such as `cron`, or a session key. */
  name: string;
  turns: number;
  tokens: number;
  costUsd: number;
  unpricedTurns: number;
}

export interface SlotRow {
  at: number;
  turns: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  unpricedTurns: number;
}

const SLOT_MS = 900_000;

const OF_TURNS = 'FROM turns WHERE finished_at >= ? AND model IS NOT NULL AND merged_into IS NULL';

export class UsageStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Tokens of all turns, dollars of those whose cost is known. */
  spentSince(time: number): { tokens: number; usd: number } {
    const row = this.#db
      .sql(`SELECT sum(input_tokens + output_tokens) AS tokens, sum(cost_usd) AS usd ${OF_TURNS}`)
      .get(time);
    return { tokens: Number(row?.tokens ?? 0), usd: Number(row?.usd ?? 0) };
  }

  /** Models of turns whose cost is unknown. */
  unpricedModels(since: number): string[] {
    return this.#db
      .sql(`SELECT DISTINCT model ${OF_TURNS} AND cost_usd IS NULL ORDER BY model`)
      .all(since)
      .map(({ model }) => String(model));
  }

  /** Gives turns of a model whose cost is unknown one. @param price US dollars per million tokens */
  setPrice(
    model: string,
    price: { input: number; output: number; cached?: number | undefined; cacheWrite?: number | undefined },
    since: number,
  ): void {
    const { input, output, cached = input, cacheWrite = input } = price;
    this.#db
      .sql(
        `UPDATE turns SET cost_usd = (
           (input_tokens - coalesce(cached_tokens, 0) - coalesce(cache_write_tokens, 0)) * ?
           + coalesce(cached_tokens, 0) * ? + coalesce(cache_write_tokens, 0) * ? + output_tokens * ?) / 1000000.0
         WHERE finished_at >= ? AND model = ? AND cost_usd IS NULL`,
      )
      .run(input, cached, cacheWrite, output, since, model);
  }

  byModel(time: number): ModelRow[] {
    return this.#db
      .sql(
        `SELECT model, count(*) AS turns, sum(input_tokens) AS input, sum(output_tokens) AS output,
           sum(coalesce(cached_tokens, 0)) AS cached, sum(cost_usd) AS cost, sum(cost_usd IS NULL) AS unpriced
         ${OF_TURNS} GROUP BY model ORDER BY turns DESC, model`,
      )
      .all(time)
      .map((row) => ({
        model: String(row.model),
        turns: Number(row.turns),
        inputTokens: Number(row.input),
        outputTokens: Number(row.output),
        cachedTokens: Number(row.cached),
        costUsd: row.cost === null ? null : Number(row.cost),
        unpricedTurns: Number(row.unpriced),
      }));
  }

  /** In slots of a quarter of an hour, which is what the clocks of the world differ by. @returns `at` milliseconds since the epoch */
  bySlot(time: number): SlotRow[] {
    return this.#db
      .sql(
        `SELECT finished_at / ${SLOT_MS} AS slot, count(*) AS turns, sum(input_tokens) AS input, sum(output_tokens) AS output,
           sum(coalesce(cost_usd, 0)) AS cost, sum(cost_usd IS NULL) AS unpriced
         ${OF_TURNS} GROUP BY slot ORDER BY slot`,
      )
      .all(time)
      .map((row) => ({
        at: Number(row.slot) * SLOT_MS,
        turns: Number(row.turns),
        inputTokens: Number(row.input),
        outputTokens: Number(row.output),
        costUsd: Number(row.cost),
        unpricedTurns: Number(row.unpriced),
      }));
  }

  bySource(time: number): GroupRow[] {
    return this.#groups('source', time, 20);
  }

  bySession(time: number, limit: number): GroupRow[] {
    return this.#groups('session', time, limit);
  }

  /** Of one conversation, since it began. */
  ofSession(session: string): Omit<GroupRow, 'name'> {
    const row = this.#db
      .sql(
        `SELECT count(*) AS turns, coalesce(sum(input_tokens + output_tokens), 0) AS tokens,
           coalesce(sum(cost_usd), 0) AS cost, coalesce(sum(cost_usd IS NULL), 0) AS unpriced
         ${OF_TURNS} AND session = ?`,
      )
      .get(0, session);
    return {
      turns: Number(row?.turns),
      tokens: Number(row?.tokens),
      costUsd: Number(row?.cost),
      unpricedTurns: Number(row?.unpriced),
    };
  }

  lift(day: number, at: number): void {
    this.#db
      .sql('INSERT INTO budget_lifts (day, lifted_at) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(day, at);
  }

  isLifted(day: number): boolean {
    return this.#db.sql('SELECT 1 FROM budget_lifts WHERE day = ?').get(day) !== undefined;
  }

  /** @param text null: not to be told @returns whether it is new */
  addNotice(key: string, text: string | null, at: number): boolean {
    const { changes } = this.#db
      .sql('INSERT INTO budget_notices (key, text, noted_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(key, text, at);
    return changes > 0;
  }

  /** Not handed over yet, the oldest first. */
  waitingNotices(): { key: string; text: string }[] {
    return this.#db
      .sql('SELECT key, text FROM budget_notices WHERE text IS NOT NULL ORDER BY noted_at, key')
      .all()
      .map(({ key, text }) => ({ key: String(key), text: String(text) }));
  }

  noticeSent(key: string): void {
    this.#db.sql('UPDATE budget_notices SET text = NULL WHERE key = ?').run(key);
  }

  forgetNotices(before: number): void {
    this.#db.sql('DELETE FROM budget_notices WHERE noted_at < ?').run(before);
  }

  #groups(column: 'source' | 'session', time: number, limit: number): GroupRow[] {
    return this.#db
      .sql(
        `SELECT ${column} AS name, count(*) AS turns, sum(input_tokens + output_tokens) AS tokens,
           sum(coalesce(cost_usd, 0)) AS cost, sum(cost_usd IS NULL) AS unpriced
         ${OF_TURNS} GROUP BY ${column} ORDER BY tokens DESC LIMIT ?`,
      )
      .all(time, limit)
      .map((row) => ({
        name: String(row.name),
        turns: Number(row.turns),
        tokens: Number(row.tokens),
        costUsd: Number(row.cost),
        unpricedTurns: Number(row.unpriced),
      }));
  }
}
