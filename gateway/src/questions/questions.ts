/**
 * The questions to the owner. What a run wants to know becomes a row on disk before anybody sees it; whoever answers
 * first has answered, and that is on disk before he is told so; and before the agent is told, the use of the answer is on
 * disk. A crash between any two of these neither loses a question nor counts an answer twice:
 *
 * - asked, not answered: the turn runs again, wants the same, and waits for the same question;
 * - answered, not used: the answer counts when the turn wants the same again, once;
 * - used: what it allowed may have happened, so if the turn wants the same again, that is a new question, which says so. A no
 *   stays a no for the rest of the turn.
 *
 * A question ends with its turn, at the latest; after its time its fallback counts.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Asker } from '@mobyclaw/protocol/capability';
import type { TurnEvent } from '@mobyclaw/protocol/events';
import type { Door, Question } from '@mobyclaw/protocol/question';
import { refused } from '../agent/answer-sender.ts';
import { type Decision, MOVED_ON, type Wanted } from '../agent/wanted.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { QuestionFilter, QuestionRow, Settlement, StoredAnswer } from '../store/question-store.ts';
import type { Store } from '../store/store.ts';
import { type TurnRow, UPKEEP } from '../store/turn-store.ts';
import { type GivenAnswer, readAnswer } from './answer-problem.ts';
import { mustBeFew, TOO_MANY, TooManyQuestions } from './flood.ts';
import type { Draft, Kind, Settled } from './kind.ts';
import { type Kinds, kinds } from './kinds.ts';
import { answeredOutcome, expiredOutcome, mayHaveRun, WITHDRAWN_OUTCOME } from './outcome.ts';
import { QuestionAudience, type QuestionListener } from './question-audience.ts';
import { QuestionTimers } from './question-timers.ts';
import { toQuestion } from './question-view.ts';
import type { RuleFor } from './tool.ts';

const TURN_HAS_ENDED =
  'The answer that wanted this has ended meanwhile, so only Always and No mean something now.';
const ASKING_GUEST = 'I have to ask my owner.';

export interface QuestionsOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  timeZone: string;
  /** How long a question waits, in milliseconds. */
  timeoutMs: (turn: Pick<TurnRow, 'source'>) => number;
  askerOf: (turn: TurnRow) => Asker;
  emit: (turnSeq: number, event: TurnEvent) => void;
  ruleFor: RuleFor;
  /** An answer is to be written into soul.yaml or egress.yaml as a rule. */
  onRuleDue: () => void;
}

export interface Answerer {
  door: Door;
  /** Name of the person or of the token. */
  by: string;
  /** The chat it was answered in. */
  chat?: string;
}

export type AnswerResult =
  | { status: 'answered'; question: Question }
  /** Somebody was first, its time is over, or it is no longer needed; its outcome says which. */
  | { status: 'settled'; question: Question }
  | { status: 'invalid'; question: Question; problem: string }
  | { status: 'unknown' };

/** What a question that no run waits for belongs to. */
export interface PostedFor {
  turn: string;
  session: string;
  timeoutMs: number;
  source?: string;
  attempt?: number;
  /** What became of the same before, a sentence. */
  again?: string;
}

/** A question of a run that waits. */
interface Waiter {
  settled(row: QuestionRow): void;
}

export class Questions {
  readonly #options: QuestionsOptions;
  readonly #kinds: Kinds;
  readonly #waiters = new Map<string, Waiter>();
  /** Secrets that were typed, until the agent is told. */
  readonly #secrets = new Map<string, string | number>();
  readonly #timers: QuestionTimers;
  readonly #audience: QuestionAudience;

  constructor(options: QuestionsOptions) {
    this.#options = options;
    this.#kinds = kinds(options.ruleFor);
    this.#audience = new QuestionAudience(options);
    const { store, clock, logger } = options;
    this.#timers = new QuestionTimers({
      questions: store.questions,
      end: (over) => this.#end(over),
      clock,
      logger,
    });
  }

  /** Lets the time of those that an earlier process asked go on. */
  start(): void {
    this.#timers.start();
  }

  stop(): void {
    this.#timers.stop();
  }

  /**
   * Asks what a run wants to know, or finds what was asked or answered before. When it resolves, the use of the answer is on
   * disk.
   * @param attempt of the turn, from 1
   * @throws the signal's reason where the run has ended; the question stays open then
   */
  async ask(turn: TurnRow, attempt: number, wanted: Wanted, signal: AbortSignal): Promise<Decision> {
    const kind = this.#kinds[wanted.kind] as unknown as Kind<Wanted, Decision>;
    const used: { row: QuestionRow; subject: string }[] = [];
    let decision: Decision;
    try {
      decision = await kind.decide(wanted, async (draft) => {
        const row = await this.#settled(turn, attempt, wanted.kind, kind, draft, signal);
        used.push({ row, subject: draft.subject });
        return this.#read(row);
      });
    } catch (error) {
      if (!(error instanceof TooManyQuestions)) throw error;
      this.#options.logger.warn({ turn: turn.id, source: turn.source }, error.message);
      return refused(wanted, TOO_MANY);
    }
    signal.throwIfAborted();
    this.#use(turn, attempt, used);
    return decision;
  }

  /**
   * Asks what no run waits for; `onChange` tells of the answer. The same subject of a turn is asked once, that of a host again
   * where it is settled.
   */
  post(kind: 'fact' | 'forget' | 'host' | 'skill', draft: Draft, asked: PostedFor): void {
    const { store, clock } = this.#options;
    const { turn, session, timeoutMs, source = UPKEEP, attempt = 0, again = '' } = asked;
    const { subject, title, text, details, options, input, fallback } = draft;
    const isSame = (row: QuestionRow): boolean =>
      row.kind === kind && row.subject === subject && (kind !== 'host' || row.state === 'open');
    if (store.questions.ofTurn(turn).some(isSame)) return;
    const id = uuidv7();
    const askedAt = clock.now();
    const at = { askedAt, expiresAt: askedAt + timeoutMs };
    const shown = { title, text: text(id, again), details, options, input, fallback, chat: null };
    const of = { turn, session, asker: 'owner', source, attempt, calls: [] } as const;
    store.transaction('durable', () =>
      store.questions.insert({ id, kind, ...of, calls: [], subject, ...shown, ...at }),
    );
    const row = store.questions.find(id);
    if (!row) return;
    this.#show([row], true);
    this.#timers.endIn(row, timeoutMs);
  }

  /** First wins; on disk when it returns. @throws StoreError; it is not answered then */
  answer(id: string, given: GivenAnswer, { door, by, chat }: Answerer): AnswerResult {
    const { store, clock, timeZone } = this.#options;
    this.#timers.look();
    const row = store.questions.find(id);
    if (!row) return { status: 'unknown' };
    if (row.state !== 'open') return { status: 'settled', question: toQuestion(row) };
    const read = readAnswer(row, given);
    if ('problem' in read) return { status: 'invalid', question: toQuestion(row), problem: read.problem };
    const { value, ...rest } = read;
    const kind = this.#kinds[row.kind];
    const problem = value === undefined ? null : kind.problem?.(value, row);
    if (problem) return { status: 'invalid', question: toQuestion(row), problem };
    if (kind.needsTurn?.(rest.option) && store.turns.find(row.turn)?.finishedAt !== null) {
      return { status: 'invalid', question: toQuestion(row), problem: TURN_HAS_ENDED };
    }
    const secret = row.input?.secret === true;
    const at = clock.now();
    const answer: StoredAnswer = {
      ...rest,
      ...(value === undefined || secret ? {} : { value }),
      door,
      by,
      ...(chat === undefined ? {} : { chat }),
      at,
    };
    const decided = kind.outcome(rest.option, row);
    const ruleDue = (kind.rule?.(rest.option, row) ?? null) !== null;
    const outcome = answeredOutcome(decided, answer, timeZone);
    if (secret && value !== undefined) this.#secrets.set(id, value);
    const [question] = this.#settle([row], () => ({ state: 'answered', answer, outcome, at, ruleDue }));
    if (ruleDue) this.#options.onRuleDue();
    if (question) return { status: 'answered', question };
    this.#secrets.delete(id);
    return { status: 'settled', question: toQuestion(store.questions.find(id) ?? row) };
  }

  /** What has become of the rule that an answer was to write. @param problem why it was not written; null where it was */
  ruleDone({ id, outcome }: QuestionRow, problem: string | null): void {
    const { store, clock } = this.#options;
    const told = problem === null ? (outcome ?? '') : `${outcome ?? ''} No rule was written: ${problem}`;
    store.transaction('durable', () => store.questions.ruleDone(id, told, clock.now()));
    const row = store.questions.find(id);
    if (row && problem !== null) this.#audience.tell(row);
  }

  /**
   * Closes what is still open of turns that end, within the caller's transaction. A question about a host stays, since its answer
   * may be for always, and whoever asked has been refused meanwhile. @returns lets others see it
   */
  withdraw(turns: readonly string[]): () => void {
    const at = this.#options.clock.now();
    const rows = turns.flatMap((turn) => this.#options.store.questions.ofTurn(turn));
    for (const { id } of rows) this.#secrets.delete(id);
    const closed = rows.filter(({ state, kind }) => state === 'open' && kind !== 'host');
    const settlement: Settlement = { state: 'withdrawn', answer: null, outcome: WITHDRAWN_OUTCOME, at };
    for (const { id } of closed) this.#options.store.questions.settle(id, settlement);
    return () => this.#show(closed, false);
  }

  /**
   * It is shown in a chat from now on.
   * @param also what is to be on disk together with that
   * @returns false where it is not open any more; then nothing is on disk
   */
  place(id: string, chat: string, also: () => void): boolean {
    const { store, clock } = this.#options;
    const placed = store.transaction('durable', () => {
      if (!store.questions.place(id, chat, clock.now())) return false;
      also();
      return true;
    });
    const row = placed ? store.questions.find(id) : null;
    if (row) this.#audience.tell(row);
    return placed;
  }

  find(id: string): Question | null {
    const row = this.#options.store.questions.find(id);
    return row ? toQuestion(row) : null;
  }

  list(filter: QuestionFilter): Question[] {
    return this.#options.store.questions.list(filter).map(toQuestion);
  }

  /** Those that a chat shows and that wait. */
  openIn(chat: string): Question[] {
    return this.#options.store.questions.openIn(chat).map(toQuestion);
  }

  /** As `QuestionAudience.onChange`. */
  onChange(listener: QuestionListener): () => void {
    return this.#audience.onChange(listener);
  }

  /** As `QuestionAudience.follow`. */
  follow(after: number, listener: QuestionListener): () => void {
    return this.#audience.follow(after, listener);
  }

  /** The row of a draft, once it is settled. */
  async #settled(
    turn: TurnRow,
    attempt: number,
    kindName: Wanted['kind'],
    kind: Kind<Wanted, Decision>,
    draft: Draft,
    signal: AbortSignal,
  ): Promise<QuestionRow> {
    signal.throwIfAborted();
    this.#timers.look();
    const { questions } = this.#options.store;
    const rows = questions.ofTurn(turn.id);
    const uses = questions.usesOfTurn(turn.id);
    const same = rows.filter((row) => row.kind === kindName && row.subject === draft.subject);
    const isUsed = ({ id }: QuestionRow): boolean => uses.some(({ question }) => question === id);
    const found =
      same.find((row) => row.state === 'answered' && !isUsed(row) && this.#known(row)) ??
      // A second call beside one that waits is a call of its own.
      same.find(({ id, state }) => state === 'open' && !this.#waiters.has(id)) ??
      same.find((row) => row.state === 'expired' || row.answer?.option === row.fallback) ??
      kind.covering?.(draft, { rows, uses, attempt });
    if (found && found.state !== 'open') return found;
    if (found) {
      this.#options.store.transaction('relaxed', () => questions.askAgain(found, attempt, draft.call));
      this.#audience.tellTurn(found); // a crash may have kept the first word of it from whoever follows
      return this.#wait(found.id, signal);
    }
    const before = uses.filter((use) => use.subject === draft.subject);
    const again = kindName === 'tool' ? mayHaveRun(before.map((use) => use.attempt < attempt)) : '';
    // Something else than before is wanted, so what an attempt before waited for is not wanted any more.
    const left = same.length === 0 ? rows.filter((row) => row.state === 'open' && row.attempt < attempt) : [];
    const asked = this.#insert(turn, attempt, kindName, draft, again, left);
    return this.#wait(asked, signal);
  }

  /** A secret is known only to the process that it was given to. */
  #known({ id, input, answer }: QuestionRow): boolean {
    return input?.secret !== true || answer?.option !== undefined || this.#secrets.has(id);
  }

  #insert(
    turn: TurnRow,
    attempt: number,
    kind: Wanted['kind'],
    draft: Draft,
    again: string,
    left: readonly QuestionRow[],
  ): string {
    const { store, clock, timeoutMs, askerOf, emit } = this.#options;
    const id = uuidv7();
    const askedAt = clock.now();
    const asker = askerOf(turn);
    mustBeFew(store.questions, { turn, asker, at: askedAt });
    store.transaction('durable', () => {
      const withdrawn: Settlement = {
        state: 'withdrawn',
        answer: null,
        outcome: WITHDRAWN_OUTCOME,
        at: askedAt,
      };
      for (const old of left) store.questions.settle(old.id, withdrawn);
      store.questions.insert({
        id,
        kind,
        turn: turn.id,
        session: turn.session,
        asker,
        source: turn.source,
        attempt,
        calls: draft.call === undefined ? [] : [draft.call],
        subject: draft.subject,
        title: draft.title,
        text: draft.text(id, again),
        details: again === '' ? draft.details : { ...draft.details, again },
        options: draft.options,
        input: draft.input,
        fallback: draft.fallback,
        askedAt,
        expiresAt: askedAt + timeoutMs(turn),
        chat: null, // whoever shows it finds one
      });
    });
    this.#timers.endIn({ id, expiresAt: askedAt + timeoutMs(turn) }, timeoutMs(turn));
    this.#show(left, true);
    if (asker === 'guest') emit(turn.seq, { type: 'notice', data: { text: ASKING_GUEST } });
    const row = store.questions.find(id);
    if (row) this.#show([row], true);
    return id;
  }

  #wait(id: string, signal: AbortSignal): Promise<QuestionRow> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(id);
        signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        leave();
        if (signal.reason === MOVED_ON) this.#withdrawOne(id);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.set(id, {
        settled: (row) => {
          leave();
          resolve(row);
        },
      });
    });
  }

  #withdrawOne(id: string): void {
    const row = this.#options.store.questions.find(id);
    const at = this.#options.clock.now();
    const withdrawn: Settlement = { state: 'withdrawn', answer: null, outcome: WITHDRAWN_OUTCOME, at };
    try {
      if (row) this.#settle([row], () => withdrawn);
    } catch (error) {
      this.#options.logger.error(
        { err: error },
        'a question that is no longer needed stays open until its turn ends',
      );
    }
  }

  #read(row: QuestionRow): Settled {
    const { answer, id } = row;
    return {
      by: answer === null ? 'nobody' : 'owner',
      option: answer?.option,
      value: this.#secrets.get(id) ?? answer?.value,
      reason: answer?.reason,
    };
  }

  #use(turn: TurnRow, attempt: number, used: readonly { row: QuestionRow; subject: string }[]): void {
    const { store, clock } = this.#options;
    const at = clock.now();
    store.transaction('durable', () => {
      for (const { row, subject } of used)
        store.questions.use({ question: row.id, turn: turn.id, attempt, subject, at });
    });
    for (const { row } of used) this.#secrets.delete(row.id);
  }

  /** @returns those that were still open */
  #settle(rows: readonly QuestionRow[], how: (row: QuestionRow) => Settlement): Question[] {
    const { store } = this.#options;
    const settled = store.transaction('durable', () =>
      rows.filter((row) => store.questions.settle(row.id, how(row))),
    );
    return this.#show(settled, true);
  }

  /** Tells of changes that are on disk. @param events whether those who follow the turn are told too */
  #show(rows: readonly QuestionRow[], events: boolean): Question[] {
    const { store, metrics } = this.#options;
    return rows.flatMap(({ id }) => {
      const row = store.questions.find(id);
      if (!row) return [];
      const question = toQuestion(row);
      if (row.settledAt !== null) {
        metrics.questionSettled(
          row.kind,
          row.state,
          row.answer?.door ?? 'none',
          (row.settledAt - row.askedAt) / 1000,
        );
      }
      if (events) this.#audience.tellTurn(row);
      this.#audience.tell(row);
      if (row.state !== 'open') {
        this.#timers.cancel(id);
        this.#waiters.get(id)?.settled(row);
      }
      return [question];
    });
  }

  #end(over: readonly QuestionRow[]): void {
    if (over.length === 0) return;
    this.#settle(over, (row) => ({
      state: 'expired',
      answer: null,
      outcome: expiredOutcome(this.#kinds[row.kind].outcome(row.fallback, row)),
      at: this.#options.clock.now(),
    }));
  }
}
