/** SQL of turns and of the inbox keys that make an inbound message a turn exactly once. */
import type { Attachment, QueueMode } from '@mobyclaw/protocol/prompt';
import type { TurnState } from '@mobyclaw/protocol/turn';
import type { Usage } from '@mobyclaw/protocol/usage';
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

/** Where the answer of a turn goes, besides to whoever follows it. */
export interface DeliveryTarget {
  /** Channel key, such as telegram:dm:42. */
  channel: string;
  /** Message that the answer replies to. */
  replyTo?: string;
}

export interface NewTurn {
  id: string;
  session: string;
  source: string;
  sender: string;
  prompt: string;
  attachments: Attachment[];
  queueMode: QueueMode | null;
  /** For this message alone, as soul.yaml calls it. */
  modelWanted?: string | null;
  deliverTo?: DeliveryTarget | null;
  /** Lines for the model about this message, which a person's text cannot forge. */
  notes?: readonly string[];
  /** Asked by somebody who is not the owner. */
  guest?: boolean;
  /** Begun by a webhook that the owner did not add as trusted. */
  confined?: boolean;
  /** What the owner would be asked about is refused at once. */
  noAsk?: boolean;
  /** Asked by a voice message. */
  spoken?: boolean;
  createdAt: number;
}

export interface TurnRow extends NewTurn {
  /** Order of arrival. */
  seq: number;
  state: TurnState;
  attempt: number;
  /** Attempts that were cut while they waited for a person. */
  excused: number;
  startedAt: number | null;
  finishedAt: number | null;
  answer: string | null;
  /** The model had more to say than its limit of tokens allowed. */
  cut: boolean;
  error: { code: string; message: string; retryable: boolean } | null;
  usage: Usage | null;
  mergedInto: string | null;
}

export interface TurnEnd {
  state: 'done' | 'failed' | 'cancelled';
  finishedAt: number;
  answer: string | null;
  cut?: boolean;
  error: { code: string; message: string; retryable: boolean } | null;
  usage: Usage | null;
}

export interface InboxEntry {
  turn: string;
  bodyHash: string;
}

/**
 * Turns that are not finished, by their own small index: the table keeps all turns there ever were. SQLite takes a partial
 * index only where its very condition stands in the query, and with INDEXED BY refuses a query that could not use it.
 */
const OPEN = `turns INDEXED BY turns_open WHERE state IN ('queued', 'running')`;

/** Source of turns that Moby runs for himself and nobody sees: a flush, a summary. Their rows are for capabilities and costs. */
export const UPKEEP = 'upkeep';

export const FORGET_INBOX =
  'DELETE FROM inbox WHERE key IN (SELECT key FROM inbox INDEXED BY inbox_age WHERE received_at < ? LIMIT ?)';

export class TurnStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  /** @returns the turn's place in the order of arrival */
  insert(turn: NewTurn): number {
    const { lastInsertRowid } = this.#db
      .sql(
        `INSERT INTO turns (id, session, source, sender, prompt, attachments, queue_mode, deliver_channel,
           deliver_reply_to, notes, guest, confined, no_ask, spoken, model_wanted, state, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)`,
      )
      .run(
        turn.id,
        this.#names.current(turn.session),
        turn.source,
        turn.sender,
        turn.prompt,
        turn.attachments.length === 0 ? null : JSON.stringify(turn.attachments),
        turn.queueMode,
        turn.deliverTo ? this.#names.current(turn.deliverTo.channel) : null,
        turn.deliverTo?.replyTo ?? null,
        turn.notes && turn.notes.length > 0 ? JSON.stringify(turn.notes) : null,
        Number(turn.guest ?? false),
        Number(turn.confined ?? false),
        Number(turn.noAsk ?? false),
        Number(turn.spoken ?? false),
        turn.modelWanted ?? null,
        turn.createdAt,
      );
    this.#db.changed('turns', turn.id);
    return Number(lastInsertRowid);
  }

  /** A turn that nobody sees: in a state of its own, it is in no lane, no list and no stream. */
  beginUpkeep(turn: NewTurn): void {
    this.insert(turn);
    this.#db
      .sql(`UPDATE turns SET state = 'upkeep', attempt = 1, started_at = created_at WHERE id = ?`)
      .run(turn.id);
  }

  /** Hidden turns that have not ended. */
  inUpkeep(): TurnRow[] {
    return this.#turns(this.#db.sql(`SELECT * FROM turns WHERE state = 'upkeep' ORDER BY seq`).all());
  }

  find(id: string): TurnRow | null {
    return this.#turn(this.#db.sql('SELECT * FROM turns WHERE id = ?').get(id));
  }

  /** @param seq its place in the order of arrival */
  bySeq(seq: number): TurnRow | null {
    return this.#turn(this.#db.sql('SELECT * FROM turns WHERE seq = ?').get(seq));
  }

  /** All turns that wait or run, in the order of arrival. */
  open(): TurnRow[] {
    return this.#turns(this.#db.sql(`SELECT * FROM ${OPEN} ORDER BY seq`).all());
  }

  /** How often a turn was started. @param seq its place in the order of arrival */
  attempts(seq: number): number {
    return Number(this.#db.sql('SELECT attempt FROM turns WHERE seq = ?').get(seq)?.attempt ?? 0);
  }

  /** Turns of a session that wait for their own run, oldest first. */
  waiting(session: string, limit: number): TurnRow[] {
    return this.#turns(
      this.#db
        .sql(
          `SELECT * FROM ${OPEN} AND session = ? AND state = 'queued' AND merged_into IS NULL ORDER BY seq LIMIT ?`,
        )
        .all(this.#names.current(session), limit),
    );
  }

  mergedInto(id: string): TurnRow[] {
    return this.#turns(this.#db.sql('SELECT * FROM turns WHERE merged_into = ? ORDER BY seq').all(id));
  }

  /** Turns of a session that are not finished, itself not counted, ahead of `seq`. */
  countAhead(session: string, seq: number): number {
    return this.#count(
      `SELECT count(*) AS n FROM ${OPEN} AND session = ? AND merged_into IS NULL AND seq < ?`,
      this.#names.current(session),
      seq,
    );
  }

  /** The newest turn of a session with these words that is open, or has ended since `since`. */
  newestLike(session: string, prompt: string, since: number): TurnRow | null {
    const open = this.#db
      .sql(`SELECT * FROM ${OPEN} AND session = ? AND prompt = ? ORDER BY seq DESC LIMIT 1`)
      .get(this.#names.current(session), prompt);
    if (open) return this.#turn(open);
    return this.#turn(
      this.#db
        .sql(
          `SELECT turns.* FROM (SELECT turn FROM messages WHERE session = ? AND role = 'user' ORDER BY id DESC LIMIT 10)
           JOIN turns ON turns.id = turn WHERE prompt = ? AND finished_at >= ? ORDER BY seq DESC LIMIT 1`,
        )
        .get(this.#names.current(session), prompt, since),
    );
  }

  /** The newest finished turns of a session, the newest first. */
  recent(session: string, most: number): TurnRow[] {
    return this.#turns(
      this.#db
        .sql(
          `SELECT turns.* FROM (SELECT DISTINCT turn FROM messages WHERE session = ? AND role = 'user' ORDER BY id DESC LIMIT ?)
           JOIN turns ON turns.id = turn ORDER BY seq DESC`,
        )
        .all(this.#names.current(session), most),
    );
  }

  countWaiting(session: string): number {
    return this.#count(
      `SELECT count(*) AS n FROM ${OPEN} AND session = ? AND state = 'queued'`,
      this.#names.current(session),
    );
  }

  /** Sessions with turns that wait, those whose oldest turn came first at the front. */
  sessionsWaiting(): { session: string; waiting: number }[] {
    return this.#db
      .sql(
        `SELECT session, count(*) AS waiting, min(seq) AS first FROM ${OPEN}
         AND state = 'queued' AND merged_into IS NULL GROUP BY session ORDER BY first`,
      )
      .all()
      .map((row) => ({ session: String(row.session), waiting: Number(row.waiting) }));
  }

  countByState(): Record<string, number> {
    const rows = this.#db.sql(`SELECT state, count(*) AS n FROM ${OPEN} GROUP BY state`).all();
    return Object.fromEntries(rows.map((row) => [String(row.state), Number(row.n)]));
  }

  /** @returns the number of this attempt, from 1 */
  start(id: string, lease: string, at: number): number {
    const row = this.#db
      .sql(
        `UPDATE turns SET state = 'running', attempt = attempt + 1, lease = ?, started_at = coalesce(started_at, ?)
         WHERE id = ? RETURNING attempt`,
      )
      .get(lease, at, id);
    return Number(row?.attempt);
  }

  merge(ids: readonly string[], into: string): void {
    for (const id of ids) {
      this.#db.sql('UPDATE turns SET merged_into = ? WHERE id = ?').run(into, id);
      this.#db.changed('turns', id);
    }
  }

  /** Turns of their own again, if they have not ended. */
  unmerge(ids: readonly string[]): void {
    for (const id of ids) {
      this.#db.sql(`UPDATE turns SET merged_into = NULL WHERE id = ? AND state = 'queued'`).run(id);
      this.#db.changed('turns', id);
    }
  }

  finish(id: string, end: TurnEnd): void {
    this.#db
      .sql(
        `UPDATE turns SET state = ?, lease = NULL, finished_at = ?, answer = ?, cut = ?, error_code = ?, error_message = ?,
           retryable = ?, model = ?, input_tokens = ?, output_tokens = ?, cached_tokens = ?,
           cache_write_tokens = ?, cost_usd = ?
         WHERE id = ?`,
      )
      .run(
        end.state,
        end.finishedAt,
        end.answer,
        Number(end.cut ?? false),
        end.error?.code ?? null,
        end.error?.message ?? null,
        end.error ? Number(end.error.retryable) : null,
        end.usage?.model ?? null,
        end.usage?.inputTokens ?? null,
        end.usage?.outputTokens ?? null,
        end.usage?.cachedTokens ?? null,
        end.usage?.cacheWriteTokens ?? null,
        end.usage?.costUsd ?? null,
        id,
      );
  }

  /** Turns that a process which is no longer there was running. */
  abandoned(lease: string): TurnRow[] {
    return this.#turns(
      this.#db.sql(`SELECT * FROM ${OPEN} AND state = 'running' AND lease IS NOT ? ORDER BY seq`).all(lease),
    );
  }

  /** Turns under way whose answer goes to a channel. */
  openWithDelivery(): TurnRow[] {
    return this.#turns(
      this.#db
        .sql(
          `SELECT * FROM turns WHERE deliver_channel IS NOT NULL AND state IN ('queued', 'running') ORDER BY seq`,
        )
        .all(),
    );
  }

  /** @returns whether the turn had not begun, so that the new text counts */
  changePrompt(id: string, prompt: string): boolean {
    const { changes } = this.#db
      .sql(
        `UPDATE turns SET prompt = ? WHERE id = ? AND state = 'queued' AND attempt = 0 AND merged_into IS NULL`,
      )
      .run(prompt, id);
    if (changes > 0) this.#db.changed('turns', id);
    return changes > 0;
  }

  /** The attempt that was under way was cut while it waited for a person. Does nothing if that is known already. */
  excuse(id: string, attempt: number): void {
    this.#db
      .sql(
        'UPDATE turns SET excused = excused + 1, excused_attempt = ?2 WHERE id = ?1 AND excused_attempt < ?2',
      )
      .run(id, attempt);
  }

  requeue(id: string): void {
    this.#db.sql(`UPDATE turns SET state = 'queued', lease = NULL WHERE id = ?`).run(id);
  }

  inboxEntry(key: string): InboxEntry | null {
    const row = this.#db.sql('SELECT turn, body_hash FROM inbox WHERE key = ?').get(key);
    return row ? { turn: String(row.turn), bodyHash: String(row.body_hash) } : null;
  }

  insertInboxEntry(key: string, entry: InboxEntry, receivedAt: number): void {
    this.#db
      .sql('INSERT INTO inbox (key, turn, body_hash, received_at) VALUES (?, ?, ?, ?)')
      .run(key, entry.turn, entry.bodyHash, receivedAt);
  }

  /** @returns how many were forgotten, not more than `most` */
  forgetInboxBefore(time: number, most: number): number {
    return Number(this.#db.sql(FORGET_INBOX).run(time, most).changes);
  }

  #turns(rows: Row[]): TurnRow[] {
    return rows.flatMap((row) => this.#turn(row) ?? []);
  }

  /** With the texts that the history alone has. */
  #turn(row: Row | undefined): TurnRow | null {
    if (!row || (row.prompt_in === null && row.answer_in === null)) return toTurn(row);
    const said = (id: unknown): string | null => {
      if (id === null) return null;
      const message = this.#db.sql('SELECT text FROM messages WHERE id = ?').get(Number(id));
      return message === undefined ? null : String(message.text);
    };
    const prompt = said(row.prompt_in) ?? row.prompt;
    return toTurn({ ...row, prompt, answer: said(row.answer_in) ?? row.answer });
  }

  #count(sql: string, ...parameters: (string | number)[]): number {
    return Number(this.#db.sql(sql).get(...parameters)?.n);
  }
}

type Row = Record<string, unknown>;

function toTurn(row: Row | undefined): TurnRow | null {
  if (!row) return null;
  return {
    seq: Number(row.seq),
    id: String(row.id),
    session: String(row.session),
    source: String(row.source),
    sender: String(row.sender),
    prompt: String(row.prompt),
    attachments: row.attachments === null ? [] : (JSON.parse(String(row.attachments)) as Attachment[]),
    queueMode: row.queue_mode as QueueMode | null,
    deliverTo: toTarget(row),
    notes: row.notes === null ? [] : (JSON.parse(String(row.notes)) as string[]),
    guest: row.guest === 1,
    confined: row.confined === 1,
    noAsk: row.no_ask === 1,
    spoken: row.spoken === 1,
    modelWanted: row.model_wanted as string | null,
    state: row.state as TurnState,
    attempt: Number(row.attempt),
    excused: Number(row.excused),
    createdAt: Number(row.created_at),
    startedAt: row.started_at as number | null,
    finishedAt: row.finished_at as number | null,
    answer: row.answer as string | null,
    cut: row.cut === 1,
    error:
      row.error_code === null
        ? null
        : {
            code: String(row.error_code),
            message: String(row.error_message),
            retryable: row.retryable === 1,
          },
    usage: toUsage(row),
    mergedInto: row.merged_into as string | null,
  };
}

function toTarget(row: Row): DeliveryTarget | null {
  if (row.deliver_channel === null) return null;
  const replyTo = row.deliver_reply_to === null ? {} : { replyTo: String(row.deliver_reply_to) };
  return { channel: String(row.deliver_channel), ...replyTo };
}

export function toUsage(row: Row): Usage | null {
  if (row.model === null) return null;
  return {
    model: String(row.model),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    ...(row.cached_tokens === null ? {} : { cachedTokens: Number(row.cached_tokens) }),
    ...(row.cache_write_tokens === null ? {} : { cacheWriteTokens: Number(row.cache_write_tokens) }),
    ...(row.cost_usd === null ? {} : { costUsd: Number(row.cost_usd) }),
  };
}
