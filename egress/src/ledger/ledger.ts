/**
 * The calls of models: a row is there before a call is made, and is completed when it has ended. A call of which the process
 * did not see the end counts what was guessed at its beginning, and is told as a guess.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@mobyclaw/lib/clock';
import type { TokenCount } from '@mobyclaw/lib/prices';
import type { CallSums, EgressEvent, ModelCall } from '@mobyclaw/protocol/egress';
import { callSums } from './call-sums.ts';

/** Guess of an answer, in tokens, of a model that has not answered yet. */
const USUAL_OUTPUT = 500;
const LATEST = 50;
/** Caps and usage look back so far: this month and the one before. */
const LEAST_KEPT_MS = 62 * 86_400_000;

export interface CallStart {
  provider: string;
  model: string;
  turn: string | null;
  /** YYYY-MM-DD */
  day: string;
  /** Tokens, guessed by its length. */
  inputGuess: number;
}

export interface CallEnd {
  status: 'ok' | 'failed' | 'cut';
  httpStatus: number | null;
  /** Null: the provider did not say. */
  usage: TokenCount | null;
  /** What was seen of an answer whose end did not come, in tokens. */
  outputSeen: number;
  /** Where it was not known at the beginning: the gateway may tell of a turn a moment after its first call. */
  turn?: string | null;
}

export interface Sum {
  usd: number;
  tokens: number;
  unpriced: string[];
}

type CostOf = (model: string, count: TokenCount) => number | null;

interface Row {
  id: string;
  provider: string;
  model: string;
  turn: string | null;
  day: string;
  started_at: number;
  ended_at: number;
  status: ModelCall['status'];
  http_status: number | null;
  input: number;
  output: number;
  cached: number;
  cache_write: number;
  estimated: number;
  cost: number | null;
}

export class Ledger {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #tell: (event: EgressEvent) => void;

  constructor(database: DatabaseSync, clock: Clock, tell: (event: EgressEvent) => void) {
    this.#database = database;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Ends what a process before has left: nobody knows more about it than was guessed. */
  recover(costOf: CostOf): number {
    const left = this.#database
      .prepare('SELECT * FROM calls WHERE ended_at IS NULL')
      .all() as unknown as Row[];
    for (const row of left)
      this.#complete(row, { status: 'cut', httpStatus: null, usage: null, outputSeen: row.output }, costOf);
    return left.length;
  }

  /** @returns its id */
  begin({ provider, model, turn, day, inputGuess }: CallStart): string {
    const id = randomUUID();
    this.#database
      .prepare(
        `INSERT INTO calls (id, provider, model, turn, day, started_at, status, input, output, estimated)
         VALUES (?, ?, ?, ?, ?, ?, 'cut', ?, ?, 1)`,
      )
      .run(id, provider, model, turn, day, this.#clock.now(), inputGuess, this.#usualOutput(provider, model));
    return id;
  }

  end(id: string, end: CallEnd, costOf: CostOf): ModelCall {
    const row = this.#database.prepare('SELECT * FROM calls WHERE id = ?').get(id) as unknown as Row;
    return this.#complete(row, end, costOf);
  }

  /** Written down and told, though nothing was asked. */
  refused({ provider, model, turn, day }: Omit<CallStart, 'inputGuess'>): void {
    const now = this.#clock.now();
    const id = randomUUID();
    this.#database
      .prepare(
        `INSERT INTO calls (id, provider, model, turn, day, started_at, ended_at, status, input, output, cost)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'refused', 0, 0, 0)`,
      )
      .run(id, provider, model, turn, day, now, now);
    const row = this.#database.prepare('SELECT * FROM calls WHERE id = ?').get(id) as unknown as Row;
    this.#tell({ event: 'call', data: viewOf(row) });
  }

  /** Of all calls that have ended. @param days `YYYY-MM-DD` of one day, `YYYY-MM` of a month */
  sum(days: string): Sum {
    const [from, to] = [days, `${days}~`];
    const { usd, tokens } = this.#database
      .prepare(
        'SELECT sum(cost) AS usd, sum(input + output) AS tokens FROM calls WHERE day >= ? AND day < ? AND ended_at IS NOT NULL',
      )
      .get(from, to) as { usd: number | null; tokens: number | null };
    const unpriced = this.#database
      .prepare(
        `SELECT DISTINCT provider || '/' || model AS name FROM calls
         WHERE day >= ? AND day < ? AND ended_at IS NOT NULL AND cost IS NULL ORDER BY name`,
      )
      .all(from, to) as { name: string }[];
    return { usd: usd ?? 0, tokens: tokens ?? 0, unpriced: unpriced.map(({ name }) => name) };
  }

  /** Gives calls without a price one, once it is known. @returns whether any was */
  priceAgain(costOf: CostOf): boolean {
    const rows = this.#database
      .prepare('SELECT * FROM calls WHERE cost IS NULL AND ended_at IS NOT NULL')
      .all() as unknown as Row[];
    let any = false;
    for (const row of rows) {
      const cost = costOf(`${row.provider}/${row.model}`, countOf(row));
      if (cost === null) continue;
      any = true;
      this.#database.prepare('UPDATE calls SET cost = ? WHERE id = ?').run(cost, row.id);
    }
    return any;
  }

  /** @param since milliseconds since the epoch @param running turns that run */
  sums(since: number, running: readonly string[]): CallSums {
    return callSums(this.#database, since, running);
  }

  /** Removes the calls that are older. @param keepMs the owner's wish; no less is kept than what caps and usage look at */
  forget(keepMs: number): void {
    const oldest = this.#clock.now() - Math.max(keepMs, LEAST_KEPT_MS);
    this.#database.prepare('DELETE FROM calls WHERE started_at < ? AND ended_at IS NOT NULL').run(oldest);
  }

  read(name: string): string | null {
    const row = this.#database.prepare('SELECT value FROM kept WHERE name = ?').get(name);
    return row === undefined ? null : String(row.value);
  }

  keep(name: string, value: string): void {
    this.#database
      .prepare(
        'INSERT INTO kept (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      )
      .run(name, value);
  }

  #complete(row: Row, end: CallEnd, costOf: CostOf): ModelCall {
    const { status, httpStatus, usage, outputSeen } = end;
    // An error of the provider's costs nothing unless it says so; an answer that it does not count costs what was seen.
    const nothing = status === 'failed' && usage === null;
    const count: TokenCount = nothing
      ? { inputTokens: 0, outputTokens: 0 }
      : {
          inputTokens: usage && usage.inputTokens > 0 ? usage.inputTokens : row.input,
          outputTokens: Math.max(usage?.outputTokens ?? 0, status === 'ok' && usage ? 0 : outputSeen),
          cachedTokens: usage?.cachedTokens,
          cacheWriteTokens: usage?.cacheWriteTokens,
        };
    const estimated =
      !nothing && (usage === null || usage.inputTokens === 0 || count.outputTokens > usage.outputTokens);
    const cost = nothing ? 0 : costOf(`${row.provider}/${row.model}`, count);
    const now = this.#clock.now();
    this.#database
      .prepare(
        `UPDATE calls SET ended_at = ?, status = ?, http_status = ?, input = ?, output = ?, cached = ?, cache_write = ?,
           estimated = ?, cost = ?, turn = ? WHERE id = ?`,
      )
      .run(
        now,
        status,
        httpStatus,
        count.inputTokens,
        count.outputTokens,
        count.cachedTokens ?? 0,
        count.cacheWriteTokens ?? 0,
        estimated ? 1 : 0,
        cost,
        row.turn ?? end.turn ?? null,
        row.id,
      );
    const done = this.#database.prepare('SELECT * FROM calls WHERE id = ?').get(row.id) as unknown as Row;
    const call = viewOf(done);
    this.#tell({ event: 'call', data: call });
    return call;
  }

  #usualOutput(provider: string, model: string): number {
    const { mean } = this.#database
      .prepare(
        `SELECT avg(output) AS mean FROM (SELECT output FROM calls
         WHERE provider = ? AND model = ? AND status = 'ok' AND estimated = 0 ORDER BY started_at DESC LIMIT ${LATEST})`,
      )
      .get(provider, model) as { mean: number | null };
    return Math.ceil(mean ?? USUAL_OUTPUT);
  }
}

function countOf(row: Row): TokenCount {
  return {
    inputTokens: row.input,
    outputTokens: row.output,
    cachedTokens: row.cached,
    cacheWriteTokens: row.cache_write,
  };
}

function viewOf(row: Row): ModelCall {
  return {
    id: row.id,
    provider: row.provider,
    model: row.model,
    startedAt: new Date(row.started_at).toISOString(),
    endedAt: new Date(row.ended_at).toISOString(),
    status: row.status,
    ...(row.http_status === null ? {} : { httpStatus: row.http_status }),
    inputTokens: row.input,
    outputTokens: row.output,
    ...(row.cached > 0 ? { cachedTokens: row.cached } : {}),
    ...(row.cache_write > 0 ? { cacheWriteTokens: row.cache_write } : {}),
    ...(row.estimated ? { estimated: true as const } : {}),
    ...(row.cost === null ? {} : { costUsd: row.cost }),
    ...(row.turn === null ? {} : { turn: row.turn }),
  };
}
