/** SQL of the questions to the owner, and of the uses of their answers. */
import type {
  Door,
  QuestionInput,
  QuestionKind,
  QuestionOption,
  QuestionState,
} from '@mobyclaw/protocol/question';
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export interface StoredAnswer {
  option?: string;
  /** Not kept where it is a secret. */
  value?: string | number | boolean;
  reason?: string;
  door: Door;
  by: string;
  chat?: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Times are milliseconds since the epoch. */
export interface QuestionRow {
  id: string;
  /** Number of its last change, over all questions. */
  changed: number;
  kind: QuestionKind;
  state: QuestionState;
  turn: string;
  session: string;
  asker: 'owner' | 'guest' | 'webhook';
  source: string;
  /** The attempt that asked it last. */
  attempt: number;
  /** The agent's ids of the tool call that waits, of all attempts that asked. */
  calls: string[];
  /** Hash of what it is about. */
  subject: string;
  title: string;
  text: string;
  details: Record<string, unknown>;
  options: QuestionOption[];
  input: QuestionInput | null;
  fallback: string;
  askedAt: number;
  expiresAt: number;
  chat: string | null;
  answer: StoredAnswer | null;
  settledAt: number | null;
  outcome: string | null;
  /** The rule in `details` is still to be written into soul.yaml. */
  ruleDue: boolean;
}

/** An answer that the agent was told. */
export interface QuestionUse {
  question: string;
  turn: string;
  attempt: number;
  /** Of the call that it was used for. */
  subject: string;
  at: number;
}

export interface Settlement {
  /** The answer is to be written into soul.yaml as a rule. */
  ruleDue?: boolean;
  state: Exclude<QuestionState, 'open'>;
  answer: StoredAnswer | null;
  outcome: string;
  at: number;
}

export interface QuestionFilter {
  open: boolean;
  session?: string;
  limit: number;
}

export class QuestionStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  insert(row: Omit<QuestionRow, 'changed' | 'state' | 'answer' | 'settledAt' | 'outcome' | 'ruleDue'>): void {
    this.#db
      .sql(
        `INSERT INTO questions (id, changed, kind, state, turn, session, asker, source, attempt, calls, subject, title,
           text, details, options, input, fallback, asked_at, expires_at, chat)
         VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        row.id,
        this.#nextChange(row.askedAt),
        row.kind,
        row.turn,
        this.#names.current(row.session),
        row.asker,
        row.source,
        row.attempt,
        JSON.stringify(row.calls),
        row.subject,
        row.title,
        row.text,
        JSON.stringify(row.details),
        JSON.stringify(row.options),
        row.input === null ? null : JSON.stringify(row.input),
        row.fallback,
        row.askedAt,
        row.expiresAt,
        row.chat === null ? null : this.#names.current(row.chat),
      );
    this.#db.changed('questions');
  }

  find(id: string): QuestionRow | null {
    const row = this.#db.sql('SELECT * FROM questions WHERE id = ?').get(id);
    return row ? toQuestion(row) : null;
  }

  /** Of one turn, in the order they were asked. */
  ofTurn(turn: string): QuestionRow[] {
    return this.#db.sql('SELECT * FROM questions WHERE turn = ? ORDER BY rowid').all(turn).map(toQuestion);
  }

  usesOfTurn(turn: string): QuestionUse[] {
    return this.#db
      .sql('SELECT * FROM question_uses WHERE turn = ? ORDER BY rowid')
      .all(turn)
      .map((row) => ({
        question: String(row.question),
        turn: String(row.turn),
        attempt: Number(row.attempt),
        subject: String(row.subject),
        at: Number(row.used_at),
      }));
  }

  /** All that wait, those that end first at the front. */
  open(): QuestionRow[] {
    return this.#db
      .sql(`SELECT * FROM questions WHERE state = 'open' ORDER BY expires_at, id`)
      .all()
      .map(toQuestion);
  }

  openIn(chat: string): QuestionRow[] {
    return this.#db
      .sql(`SELECT * FROM questions WHERE state = 'open' AND chat = ? ORDER BY rowid`)
      .all(this.#names.current(chat))
      .map(toQuestion);
  }

  countOpen(): number {
    return Number(this.#db.sql(`SELECT count(*) AS n FROM questions WHERE state = 'open'`).get()?.n);
  }

  /** On whose behalf since when; what was asked since has changed since. */
  countAsked(asker: QuestionRow['asker'], since: number): number {
    const counted = 'SELECT count(*) AS n FROM questions WHERE changed > :since AND asked_at > :since';
    return Number(this.#db.sql(`${counted} AND asker = :asker`).get({ since, asker })?.n);
  }

  /** The newest first. */
  list({ open, session, limit }: QuestionFilter): QuestionRow[] {
    const which = [
      ...(open ? [`state = 'open'`] : []),
      ...(session === undefined ? [] : ['session = :session']),
    ];
    const where = which.length === 0 ? '' : `WHERE ${which.join(' AND ')}`;
    return this.#db
      .sql(`SELECT * FROM questions ${where} ORDER BY rowid DESC LIMIT :limit`)
      .all({ limit, ...(session === undefined ? {} : { session: this.#names.current(session) }) })
      .map(toQuestion);
  }

  /** What has changed since, the oldest change first. */
  changedAfter(change: number, limit: number): QuestionRow[] {
    return this.#db
      .sql('SELECT * FROM questions WHERE changed > ? ORDER BY changed LIMIT ?')
      .all(change, limit)
      .map(toQuestion);
  }

  lastChange(): number {
    return Number(this.#db.sql('SELECT coalesce(max(changed), 0) AS n FROM questions').get()?.n);
  }

  /** Another attempt wants the same. */
  askAgain({ id, calls }: QuestionRow, attempt: number, call: string | undefined): void {
    const all = call === undefined ? calls : [...new Set([...calls, call])];
    this.#db
      .sql('UPDATE questions SET attempt = ?, calls = ? WHERE id = ?')
      .run(attempt, JSON.stringify(all), id);
  }

  /** @returns whether it was still open */
  place(id: string, chat: string, at: number): boolean {
    const { changes } = this.#db
      .sql(`UPDATE questions SET chat = ?, changed = ? WHERE id = ? AND state = 'open'`)
      .run(this.#names.current(chat), this.#nextChange(at), id);
    this.#db.changed('questions');
    return changes > 0;
  }

  /** @returns whether it was still open */
  settle(id: string, { state, answer, outcome, at, ruleDue = false }: Settlement): boolean {
    const { changes } = this.#db
      .sql(
        `UPDATE questions SET state = ?, answer = ?, outcome = ?, settled_at = ?, changed = ?, rule_due = ?
         WHERE id = ? AND state = 'open'`,
      )
      .run(
        state,
        answer === null ? null : JSON.stringify(answer),
        outcome,
        at,
        this.#nextChange(at),
        Number(ruleDue),
        id,
      );
    this.#db.changed('questions');
    return changes > 0;
  }

  /** Those whose rule is still to be written, the oldest answer first. */
  rulesDue(): QuestionRow[] {
    return this.#db
      .sql('SELECT * FROM questions INDEXED BY questions_rule_due WHERE rule_due = 1 ORDER BY settled_at')
      .all()
      .map(toQuestion);
  }

  /** What has become of a rule. @param outcome of the question, where it is another one for that */
  ruleDone(id: string, outcome: string, now: number): void {
    this.#db
      .sql('UPDATE questions SET rule_due = 0, outcome = ?, changed = ? WHERE id = ?')
      .run(outcome, this.#nextChange(now), id);
    this.#db.changed('questions');
  }

  use({ question, turn, attempt, subject, at }: QuestionUse): void {
    this.#db
      .sql('INSERT INTO question_uses (question, turn, attempt, subject, used_at) VALUES (?, ?, ?, ?, ?)')
      .run(question, turn, attempt, subject, at);
    this.#db.changed('questions'); // what it decided has come about
  }

  /** An answer was certainly not told, so it counts as unused. */
  takeBack(question: string): void {
    this.#db.sql('DELETE FROM question_uses WHERE question = ?').run(question);
  }

  /** @returns how many were forgotten, not more than `most` */
  forgetSettledBefore(time: number, most: number): number {
    const gone = this.#db
      .sql('SELECT id FROM questions WHERE settled_at < ? ORDER BY settled_at LIMIT ?')
      .all(time, most);
    for (const { id } of gone) {
      this.#db.sql('DELETE FROM question_uses WHERE question = ?').run(id as string);
      this.#db.sql('DELETE FROM questions WHERE id = ?').run(id as string);
    }
    return gone.length;
  }

  /** Never one that was given before, even if all questions have been forgotten since. */
  #nextChange(now: number): number {
    return Math.max(now, this.lastChange() + 1);
  }
}

function toQuestion(row: Record<string, unknown>): QuestionRow {
  return {
    id: String(row.id),
    changed: Number(row.changed),
    kind: row.kind as QuestionKind,
    state: row.state as QuestionState,
    turn: String(row.turn),
    session: String(row.session),
    asker: row.asker as QuestionRow['asker'],
    source: String(row.source),
    attempt: Number(row.attempt),
    calls: JSON.parse(String(row.calls)) as string[],
    subject: String(row.subject),
    title: String(row.title),
    text: String(row.text),
    details: JSON.parse(String(row.details)) as Record<string, unknown>,
    options: JSON.parse(String(row.options)) as QuestionOption[],
    input: row.input === null ? null : (JSON.parse(String(row.input)) as QuestionInput),
    fallback: String(row.fallback),
    askedAt: Number(row.asked_at),
    expiresAt: Number(row.expires_at),
    chat: row.chat as string | null,
    answer: row.answer === null ? null : (JSON.parse(String(row.answer)) as StoredAnswer),
    settledAt: row.settled_at as number | null,
    outcome: row.outcome as string | null,
    ruleDue: row.rule_due === 1,
  };
}
