/** SQL of what was spent, summed from the turns. */
import type { Database } from './database.ts';

export interface SpentRow {
  model: string;
  pricedTokens: number;
  pricedUsd: number;
  unpricedTurns: number;
  /** Of turns without a known cost. */
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
}

export interface GroupRow {
  /** A source such as `cron`, or a session key. */
  name: string;
  turns: number;
  tokens: number;
  costUsd: number;
  unpricedTurns: number;
}

const OF_TURNS = 'FROM turns WHERE finished_at >= ? AND model IS NOT NULL AND merged_into IS NULL';

export class UsageStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  spentSince(time: number): SpentRow[] {
    return this.#db
      .sql(
        `SELECT model,
           sum(iif(cost_usd IS NULL, 0, input_tokens + output_tokens)) AS priced_tokens,
           sum(coalesce(cost_usd, 0)) AS priced_usd,
           sum(cost_usd IS NULL) AS unpriced,
           sum(iif(cost_usd IS NULL, input_tokens, 0)) AS input,
           sum(iif(cost_usd IS NULL, output_tokens, 0)) AS output,
           sum(iif(cost_usd IS NULL, coalesce(cached_tokens, 0), 0)) AS cached
         ${OF_TURNS} GROUP BY model`,
      )
      .all(time)
      .map((row) => ({
        model: String(row.model),
        pricedTokens: Number(row.priced_tokens),
        pricedUsd: Number(row.priced_usd),
        unpricedTurns: Number(row.unpriced),
        inputTokens: Number(row.input),
        outputTokens: Number(row.output),
        cachedTokens: Number(row.cached),
      }));
  }

  bySource(time: number): GroupRow[] {
    return this.#groups('source', time, 20);
  }

  bySession(time: number, limit: number): GroupRow[] {
    return this.#groups('session', time, limit);
  }

  lift(day: number, at: number): void {
    this.#db
      .sql('INSERT INTO budget_lifts (day, lifted_at) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(day, at);
  }

  isLifted(day: number): boolean {
    return this.#db.sql('SELECT 1 FROM budget_lifts WHERE day = ?').get(day) !== undefined;
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
