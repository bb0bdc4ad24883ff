/** What was counted since a time, for whoever compares it with what the agent reported: of turns, and of none. */
import type { DatabaseSync } from 'node:sqlite';
import type { CallSum, CallSums } from '@mobyclaw/protocol/egress';

type Kind = 'ofTurns' | 'ofRunning' | 'ofNone';

interface Row {
  kind: Kind;
  calls: number;
  input: number;
  output: number;
  cached: number;
  cost: number;
  unpriced: number;
  estimated: number;
}

/**
 * @param since milliseconds since the epoch
 * @param running turns that run: what they used is here already, and reported when they end
 */
export function callSums(database: DatabaseSync, since: number, running: readonly string[]): CallSums {
  const rows = database
    .prepare(
      `SELECT CASE WHEN turn IS NULL THEN 'ofNone'
                   WHEN turn IN (SELECT value FROM json_each(?)) THEN 'ofRunning' ELSE 'ofTurns' END AS kind,
         count(*) AS calls, sum(input) AS input, sum(output) AS output, sum(cached) AS cached,
         sum(coalesce(cost, 0)) AS cost, sum(cost IS NULL) AS unpriced, sum(estimated) AS estimated
       FROM calls WHERE ended_at >= ? AND status <> 'refused' GROUP BY kind`,
    )
    .all(JSON.stringify(running), since) as unknown as Row[];
  const first = database.prepare('SELECT min(started_at) AS at FROM calls').get() as { at: number | null };
  const { refused } = database
    .prepare("SELECT count(*) AS refused FROM calls WHERE ended_at >= ? AND status = 'refused'")
    .get(since) as { refused: number };
  const of = (kind: Kind): CallSum => sumOf(rows.find((row) => row.kind === kind));
  return {
    since: new Date(Math.max(since, first.at ?? since)).toISOString(),
    ofTurns: of('ofTurns'),
    ofRunning: of('ofRunning'),
    ofNone: of('ofNone'),
    refused,
  };
}

function sumOf(row: Row | undefined): CallSum {
  return {
    calls: row?.calls ?? 0,
    inputTokens: row?.input ?? 0,
    outputTokens: row?.output ?? 0,
    cachedTokens: row?.cached ?? 0,
    costUsd: row?.cost ?? 0,
    unpricedCalls: row?.unpriced ?? 0,
    estimatedCalls: row?.estimated ?? 0,
  };
}
