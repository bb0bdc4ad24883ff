/**
 * What really happened, for tests that count: every run with its prompt and its end, how many ran on one session at the
 * same time, every tool that was executed. With a folder it is kept in two append-only files, `runs.jsonl` and
 * `executions.jsonl`, one line written before the thing happens, so that a SIGKILL cannot hide it.
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RunRecord {
  run: number;
  session: string;
  /** Which of the agents in soul.yaml ran. */
  agent: string;
  /** Turn of the request's capability. */
  turn: string;
  prompt: string;
  headers: Record<string, string>;
  /** That its session was told, by this run or an earlier one. */
  model?: string;
  startedAt: number;
  /** Runs on the same session at its start, itself included: 2 is an overlap. */
  concurrent: number;
  end?: 'done' | 'failed' | 'cancelled' | 'broken-off';
}

export interface Execution {
  turn: string;
  session: string;
  tool: string;
  callId: string;
  at: number;
}

export interface Stats {
  runs: RunRecord[];
  executions: Execution[];
  /** Most runs at once on any session. */
  maxConcurrent: number;
  disconnects: number;
  running: number;
  /** Calls of the model that did not fit into its window. */
  refused: number;
}

export class Accounts {
  readonly runs: RunRecord[] = [];
  readonly executions: Execution[] = [];
  refused = 0;
  readonly #running = new Map<string, number>();
  readonly #seenTurns = new Map<string, number>();
  readonly #files: { runs: number; executions: number } | null;
  #keep: boolean;

  /** @param keep whether runs stay in memory; a long load test counts in the files only */
  constructor(folder?: string, keep = true) {
    this.#keep = keep;
    if (folder !== undefined) {
      for (const { turn } of readRuns(folder)) this.#countTurn(turn);
    }
    const open = (name: string): number => openSync(join(folder ?? '', name), 'a', 0o600);
    this.#files = folder === undefined ? null : { runs: open(RUNS), executions: open(EXECUTIONS) };
  }

  begin(run: Pick<RunRecord, 'session' | 'agent' | 'turn' | 'prompt' | 'headers' | 'model'>): {
    record: RunRecord;
    seen: number;
  } {
    const concurrent = (this.#running.get(run.session) ?? 0) + 1;
    this.#running.set(run.session, concurrent);
    const record: RunRecord = { run: this.runs.length, ...run, startedAt: Date.now(), concurrent };
    const seen = this.#seenTurns.get(run.turn) ?? 0;
    this.#countTurn(run.turn);
    if (this.#keep) this.runs.push(record);
    if (this.#files) writeSync(this.#files.runs, `${JSON.stringify(record)}\n`);
    return { record, seen };
  }

  end(record: RunRecord, end: NonNullable<RunRecord['end']>): void {
    const left = (this.#running.get(record.session) ?? 1) - 1;
    if (left === 0) this.#running.delete(record.session);
    else this.#running.set(record.session, left);
    record.end = end;
  }

  isRunning(session: string): boolean {
    return this.#running.has(session);
  }

  execute(execution: Execution): void {
    if (this.#keep) this.executions.push(execution);
    if (this.#files) writeSync(this.#files.executions, `${JSON.stringify(execution)}\n`);
  }

  stats(): Stats {
    return {
      runs: this.runs,
      executions: this.executions,
      maxConcurrent: this.runs.reduce((most, { concurrent }) => Math.max(most, concurrent), 0),
      disconnects: this.runs.filter(({ end }) => end === 'cancelled').length,
      running: [...this.#running.values()].reduce((sum, count) => sum + count, 0),
      refused: this.refused,
    };
  }

  close(): void {
    if (!this.#files) return;
    closeSync(this.#files.runs);
    closeSync(this.#files.executions);
  }

  #countTurn(turn: string): void {
    if (turn !== '') this.#seenTurns.set(turn, (this.#seenTurns.get(turn) ?? 0) + 1);
  }
}

const RUNS = 'runs.jsonl';
const EXECUTIONS = 'executions.jsonl';

/** Every run of every fake agent that had this folder, without its end. */
export function readRuns(folder: string): RunRecord[] {
  return readLines<RunRecord>(join(folder, RUNS));
}

/** Every tool execution of every fake agent that had this folder. */
export function readExecutions(folder: string): Execution[] {
  return readLines<Execution>(join(folder, EXECUTIONS));
}

function readLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as T);
}
