/** SQL of what goes out: deliveries, the parts they are sent in, and the messages a stream is edited into. */
import type { Attachment } from '@mobyclaw/protocol/prompt';
import type { RenderedPart } from '../render/part.ts';
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export type DeliveryKind = 'answer' | 'message' | 'notice' | 'question' | 'outcome';
export type PartAction = 'send' | 'edit' | 'remove' | 'file';
export type PartState = 'pending' | 'sending' | 'sent' | 'failed' | 'unknown';

export interface DeliveryFile extends Attachment {
  /** What a voice note says, as nobody who forgets can hear it. */
  says?: string;
}

export interface NewDelivery {
  id: string;
  channel: string;
  replyTo: string | null;
  /** Whose answer it is, or null. */
  turn: string | null;
  kind: DeliveryKind;
  /** That it asks, or whose outcome it shows. */
  question?: string | null;
  /** What the buttons of a question are signed with. */
  buttonKey?: string | null;
  /** Markdown. */
  text: string;
  files?: readonly DeliveryFile[];
  createdAt: number;
}

export interface DeliveryRow extends NewDelivery {
  seq: number;
  question: string | null;
  buttonKey: string | null;
  files: DeliveryFile[];
  state: 'new' | 'open' | 'done';
}

export interface NewPart {
  number: number;
  action: PartAction;
  part: RenderedPart;
  message: string | null;
  nonce: string;
  /** `sent` where the message shows it already. */
  state: PartState;
  dueAt: number;
}

export interface PartRow extends NewPart {
  delivery: number;
  plain: boolean;
  tries: number;
  triedAt: number | null;
  error: string | null;
}

export interface LiveRow {
  number: number;
  /** Null: it was being sent and it is not known whether it arrived. */
  message: string | null;
  /** Hash of what it shows. */
  shown: string;
  /** Of its send; null where that is not to be repeated. */
  nonce: string | null;
  /** When that was first tried, in milliseconds since the epoch. */
  begunAt: number;
}

export interface TroubleRow {
  delivery: string;
  channel: string;
  state: 'failed' | 'unknown';
  error: string | null;
  createdAt: number;
}

const OPEN_QUESTIONS = `(SELECT id FROM questions WHERE state = 'open')`;
/** As an SQL condition on a part, with an index of its own. */
const UNDELIVERED = `state IN ('failed', 'unknown') AND action <> 'remove'`;

export class OutboxStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  insert(delivery: NewDelivery): void {
    const { id, replyTo, turn, kind, question = null, buttonKey = null, text, files, createdAt } = delivery;
    const channel = this.#names.current(delivery.channel);
    this.#db
      .sql(
        `INSERT INTO deliveries (id, channel, reply_to, turn, kind, question, button_key, text, files, state, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?)`,
      )
      .run(
        id,
        channel,
        channel === delivery.channel ? replyTo : null, // a message of the chat as it was
        turn,
        kind,
        question,
        buttonKey,
        text,
        files && files.length > 0 ? JSON.stringify(files) : null,
        createdAt,
      );
  }

  /** The oldest delivery of a channel that is not done. */
  head(channel: string): DeliveryRow | null {
    const row = this.#db
      .sql(`SELECT * FROM deliveries WHERE channel = ? AND state <> 'done' ORDER BY seq LIMIT 1`)
      .get(this.#names.current(channel));
    return row ? toDelivery(row) : null;
  }

  find(id: string): DeliveryRow | null {
    const row = this.#db.sql('SELECT * FROM deliveries WHERE id = ?').get(id);
    return row ? toDelivery(row) : null;
  }

  /** Channels with something to send. */
  waitingChannels(): string[] {
    return this.#db
      .sql(`SELECT DISTINCT channel FROM deliveries WHERE state <> 'done'`)
      .all()
      .map((row) => String(row.channel));
  }

  /** Does nothing where the delivery was ended meanwhile. */
  split(delivery: number, parts: readonly NewPart[]): void {
    const opened = this.#db.sql(`UPDATE deliveries SET state = 'open' WHERE seq = ? AND state = 'new'`);
    if (opened.run(delivery).changes === 0) return;
    for (const { number, action, part, message, nonce, state, dueAt } of parts) {
      this.#db
        .sql(
          `INSERT INTO delivery_parts (delivery, number, action, part, message, nonce, state, due_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(delivery, number, action, JSON.stringify(part), message, nonce, state, dueAt);
    }
  }

  /** The first part that is neither sent nor given up. */
  nextPart(delivery: number): PartRow | null {
    const row = this.#db
      .sql(
        `SELECT * FROM delivery_parts WHERE delivery = ? AND state IN ('pending', 'sending') ORDER BY number LIMIT 1`,
      )
      .get(delivery);
    return row ? toPart(row) : null;
  }

  parts(delivery: number): PartRow[] {
    return this.#db
      .sql('SELECT * FROM delivery_parts WHERE delivery = ? ORDER BY number')
      .all(delivery)
      .map(toPart);
  }

  sending(part: PartRow, at: number): void {
    this.#db
      .sql(
        `UPDATE delivery_parts SET state = 'sending', tries = tries + 1, tried_at = coalesce(tried_at, ?)
         WHERE delivery = ? AND number = ?`,
      )
      .run(at, part.delivery, part.number);
  }

  sent(part: PartRow, message: string | null): void {
    this.#db
      .sql(
        `UPDATE delivery_parts SET state = 'sent', message = coalesce(?, message), error = NULL
         WHERE delivery = ? AND number = ?`,
      )
      .run(message, part.delivery, part.number);
  }

  /** The part after this one goes into the message that this one was sent as. */
  leadsOn({ delivery, number }: PartRow, message: string | null): void {
    this.#db
      .sql('UPDATE delivery_parts SET message = ? WHERE delivery = ? AND number = ?')
      .run(message, delivery, number + 1);
  }

  /** To be tried again at `dueAt`, perhaps in another way. */
  again(part: PartRow, next: { dueAt: number; error: string; plain?: boolean; action?: PartAction }): void {
    this.#db
      .sql(
        `UPDATE delivery_parts SET state = 'pending', due_at = ?, error = ?, plain = ?, action = ?
         WHERE delivery = ? AND number = ?`,
      )
      .run(
        next.dueAt,
        next.error,
        Number(next.plain ?? part.plain),
        next.action ?? part.action,
        part.delivery,
        part.number,
      );
  }

  end(part: PartRow, state: 'failed' | 'unknown', error: string): void {
    this.#db
      .sql('UPDATE delivery_parts SET state = ?, error = ? WHERE delivery = ? AND number = ?')
      .run(state, error, part.delivery, part.number);
  }

  done(delivery: number, at: number): void {
    this.#db.sql(`UPDATE deliveries SET state = 'done', done_at = ? WHERE seq = ?`).run(at, delivery);
  }

  /** Nothing more is sent of one delivery. */
  leaveOut(delivery: number): void {
    this.#db.sql(`DELETE FROM delivery_parts WHERE state = 'pending' AND delivery = ?`).run(delivery);
  }

  /** Nothing more is sent to a channel of what waits. */
  endIn(channel: string, at: number): void {
    this.#endWaiting('channel = ?1', this.#names.current(channel), at);
  }

  /** The same of a turn's answer. */
  endOf(turn: string, at: number): void {
    this.#endWaiting('turn = ?1', turn, at);
  }

  /** A part that is being sent ends as it ends. */
  #endWaiting(which: string, key: string, at: number): void {
    const waiting = `state <> 'done' AND ${which}`;
    this.#db
      .sql(
        `DELETE FROM delivery_parts
         WHERE state = 'pending' AND delivery IN (SELECT seq FROM deliveries WHERE ${waiting})`,
      )
      .run(key);
    this.#db.sql(`UPDATE deliveries SET state = 'done', done_at = ?2 WHERE ${waiting}`).run(key, at);
  }

  /**
   * Deliveries of a channel with parts that did not arrive, or of which it is not known. A message that could not be taken
   * back is none of them, and neither is a word about an earlier one, or a question that is settled.
   */
  undelivered(channel: string): DeliveryRow[] {
    return this.#db
      .sql(
        `SELECT * FROM deliveries WHERE channel = ? AND kind NOT IN ('notice', 'outcome')
         AND (question IS NULL OR question IN ${OPEN_QUESTIONS}) AND seq IN
           (SELECT delivery FROM delivery_parts WHERE ${UNDELIVERED}) ORDER BY seq`,
      )
      .all(this.#names.current(channel))
      .map(toDelivery);
  }

  /**
   * Makes what is undelivered pending again, because somebody who looked asked for it. What could not be edited into a
   * message that was there comes as a new one.
   */
  repeat(delivery: number, at: number): void {
    this.#db
      .sql(
        `UPDATE delivery_parts
         SET state = 'pending', due_at = ?, tries = 0, action = CASE action WHEN 'edit' THEN 'send' ELSE action END
         WHERE delivery = ? AND ${UNDELIVERED}`,
      )
      .run(at, delivery);
    this.#db.sql(`UPDATE deliveries SET state = 'open', done_at = NULL WHERE seq = ?`).run(delivery);
  }

  countWaiting(platform: string): number {
    const row = this.#db
      .sql(`SELECT count(*) AS n FROM deliveries WHERE state <> 'done' AND channel LIKE ? || ':%'`)
      .get(platform);
    return Number(row?.n);
  }

  /** What was not or perhaps not delivered, newest first. */
  trouble(limit: number): TroubleRow[] {
    return this.#db
      .sql(
        `SELECT d.id, d.channel, d.created_at, p.state, p.error
         FROM (SELECT * FROM delivery_parts WHERE ${UNDELIVERED}) p JOIN deliveries d ON d.seq = p.delivery
         ORDER BY d.seq DESC LIMIT ?`,
      )
      .all(limit)
      .map((row) => ({
        delivery: String(row.id),
        channel: String(row.channel),
        state: row.state as 'failed' | 'unknown',
        error: row.error as string | null,
        createdAt: Number(row.created_at),
      }));
  }

  forgetDoneBefore(time: number): void {
    this.#db
      .sql(
        `DELETE FROM deliveries WHERE state = 'done' AND done_at < ?
         AND (question IS NULL OR question NOT IN ${OPEN_QUESTIONS})`,
      )
      .run(time);
  }

  live(turn: string): LiveRow[] {
    return this.#db
      .sql('SELECT * FROM live_messages WHERE turn = ? ORDER BY number')
      .all(turn)
      .map((row) => ({
        number: Number(row.number),
        message: row.message as string | null,
        shown: String(row.shown),
        nonce: row.nonce as string | null,
        begunAt: Number(row.begun_at ?? 0),
      }));
  }

  hasLive(turn: string): boolean {
    return this.#db.sql('SELECT 1 FROM live_messages WHERE turn = ?').get(turn) !== undefined;
  }

  setLive(turn: string, channel: string, { number, message, shown, nonce, begunAt }: LiveRow): void {
    this.#db
      .sql(
        `INSERT INTO live_messages (turn, number, channel, message, shown, nonce, begun_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (turn, number) DO UPDATE
         SET message = excluded.message, shown = excluded.shown, nonce = excluded.nonce`,
      )
      .run(turn, number, this.#names.current(channel), message, shown, nonce, begunAt);
  }

  dropLive(turn: string, number: number): void {
    this.#db.sql('DELETE FROM live_messages WHERE turn = ? AND number = ?').run(turn, number);
  }

  forgetLive(turn: string): void {
    this.#db.sql('DELETE FROM live_messages WHERE turn = ?').run(turn);
  }
}

type Row = Record<string, unknown>;

function toDelivery(row: Row): DeliveryRow {
  return {
    seq: Number(row.seq),
    id: String(row.id),
    channel: String(row.channel),
    replyTo: row.reply_to as string | null,
    turn: row.turn as string | null,
    kind: row.kind as DeliveryKind,
    question: row.question as string | null,
    buttonKey: row.button_key as string | null,
    text: String(row.text),
    files: row.files === null ? [] : (JSON.parse(String(row.files)) as DeliveryFile[]),
    state: row.state as DeliveryRow['state'],
    createdAt: Number(row.created_at),
  };
}

function toPart(row: Row): PartRow {
  return {
    delivery: Number(row.delivery),
    number: Number(row.number),
    action: row.action as PartAction,
    part: JSON.parse(String(row.part)) as RenderedPart,
    message: row.message as string | null,
    nonce: String(row.nonce),
    state: row.state as PartState,
    plain: row.plain === 1,
    tries: Number(row.tries),
    triedAt: row.tried_at as number | null,
    dueAt: Number(row.due_at),
    error: row.error as string | null,
  };
}
