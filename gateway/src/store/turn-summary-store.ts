/** SQL of what the history shows of turns besides their messages, without reading the files themselves. */
import type { Usage } from '@mobyclaw/protocol/usage';
import type { Database } from './database.ts';
import { toUsage } from './turn-store.ts';

export interface TurnSummary {
  files: { name: string; mime: string }[];
  /** Why it was not answered. */
  error: { code: string; message: string } | null;
  usage: Usage | null;
}

export class TurnSummaryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @param ids of turns; one that is none is left out */
  of(ids: ReadonlySet<string>): Map<string, TurnSummary> {
    const rows = this.#db
      .sql(
        `SELECT id, error_code, error_message, model, input_tokens, output_tokens, cached_tokens, cache_write_tokens,
           cost_usd, (SELECT json_group_array(json_object('name', value ->> '$.name', 'mime', value ->> '$.mime'))
             FROM json_each(attachments)) AS files
         FROM turns WHERE id IN (SELECT value FROM json_each(?))`,
      )
      .all(JSON.stringify([...ids]));
    return new Map(rows.map((row) => [String(row.id), toSummary(row)]));
  }
}

function toSummary(row: Record<string, unknown>): TurnSummary {
  const { error_code: code, error_message: message } = row;
  return {
    files: JSON.parse(String(row.files)) as TurnSummary['files'],
    error: code === null ? null : { code: String(code), message: String(message) },
    usage: toUsage(row),
  };
}
