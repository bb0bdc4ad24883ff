/**
 * Asks the owner about hosts that the door does not know, and tells the door what he says. The door asks once for each host and
 * turn, and waits a moment to hear whether somebody is likely to answer: then it holds the connection.
 *
 * A question, its answer and its use are on disk before the door is told, as with every question. What holds for a turn (*For this
 * answer*, *No*) is told again with the turns that run (`grants`), so a door that was killed knows it; *Once* is used once, also
 * over kills: where it certainly did not reach the door it counts when the same is asked again.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { AskAnswer, DoorAsk, RunningTurn } from '@mobyclaw/protocol/egress';
import type { Question } from '@mobyclaw/protocol/question';
import type { QuestionRow } from '../store/question-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { isAttended } from './attended.ts';
import { mustBeFew, TooManyQuestions } from './flood.ts';
import { hostDraft, hostSubject } from './host.ts';
import type { Questions } from './questions.ts';

/** Hosts in one turn: whoever is asked about more of them says yes in the end. */
const MOST_HOSTS = { attended: 10, alone: 4 };
const LET_THROUGH_ONCE = 'It was let through once in this answer already, and is wanted again.';

/** @returns whether the door knew the question; null where it did not answer */
export type AnswerDoor = (ask: string, answer: AskAnswer) => Promise<boolean | null>;

export interface HostQuestionsOptions {
  store: Store;
  questions: Pick<Questions, 'post' | 'onChange'>;
  answerDoor: AnswerDoor;
  /** How long a question waits, in milliseconds. */
  timeoutMs: (turn: Pick<TurnRow, 'source'>) => number;
  /** What was decided is to be told with the turns that run. */
  onGrants: () => void;
  clock: Clock;
  logger: Logger;
}

export class HostQuestions {
  readonly #options: HostQuestionsOptions;
  /** The door's asks that wait, by the question that asks. */
  readonly #asks = new Map<string, Set<string>>();
  readonly #telling = new Set<Promise<void>>();
  #leave: (() => void) | undefined;

  constructor(options: HostQuestionsOptions) {
    this.#options = options;
  }

  /** Tells the door what an earlier process did not live to tell. */
  start(): void {
    const { store, questions } = this.#options;
    for (const turn of store.turns.open()) {
      for (const row of hostRows(store, turn.id)) {
        if (row.state === 'open') this.#join(row, String(row.details.id));
        else if (isUnusedOnce(store, row)) this.#later(this.#tellOnce(row, String(row.details.id)));
      }
    }
    this.#leave = questions.onChange((question) => this.#changed(question));
  }

  async stop(): Promise<void> {
    this.#leave?.();
    await Promise.all(this.#telling);
  }

  /** The door does not know whether a host may be reached. @throws StoreError; the door then refuses it by itself */
  asked(ask: DoorAsk): void {
    const { store, logger } = this.#options;
    const turn = ask.turn === undefined ? null : store.turns.find(ask.turn);
    if (!turn || turn.finishedAt !== null || turn.guest || turn.confined || turn.noAsk) {
      this.#refuse(ask);
      return;
    }
    if (this.#isDecided(ask, turn)) return;
    try {
      this.#ask(ask, turn);
    } catch (error) {
      if (!(error instanceof TooManyQuestions)) throw error;
      logger.warn({ turn: turn.id, host: ask.host }, error.message);
      this.#refuse(ask);
    }
  }

  /** Tells the door what was asked before; false where nothing was. */
  #isDecided(ask: DoorAsk, turn: TurnRow): boolean {
    const { store } = this.#options;
    const isSame = (row: QuestionRow): boolean => row.kind === 'host' && row.subject === hostSubject(ask);
    const same = hostRows(store, turn.id).filter(isSame);
    const open = same.find((row) => row.state === 'open');
    const holds = same.map(verdictOf).find((verdict) => verdict !== null && verdict !== 'once');
    const once = same.find((row) => isUnusedOnce(store, row));
    if (open) this.#wait(open, ask, turn);
    else if (holds) this.#later(this.#tell(ask.id, holds));
    else if (once) this.#later(this.#tellOnce(once, ask.id));
    // Left by a turn that has ended: who is asked about the same host again and again does not read it any more.
    else return store.questions.open().some(isSame);
    return true;
  }

  /** What the door is to know of a turn that runs. */
  grants(turn: string): NonNullable<RunningTurn['grants']> {
    return hostRows(this.#options.store, turn).flatMap((row) => {
      const verdict = verdictOf(row);
      const { host, port } = row.details as unknown as DoorAsk;
      if (verdict === null || verdict === 'once') return [];
      return [{ host, port, verdict: verdict === 'no' ? ('no' as const) : ('answer' as const) }];
    });
  }

  #ask(ask: DoorAsk, turn: TurnRow): void {
    const { store, questions, clock, timeoutMs } = this.#options;
    const most = this.#isAttended(turn) ? MOST_HOSTS.attended : MOST_HOSTS.alone;
    const before = hostRows(store, turn.id);
    if (before.length >= most) {
      throw new TooManyQuestions(`a turn has asked for ${most} hosts; what else it wants is refused`);
    }
    mustBeFew(store.questions, { turn, asker: 'owner', at: clock.now() });
    const also = (ask.turns ?? []).flatMap((id) => {
      const other = id === turn.id ? null : store.turns.find(id);
      return other ? [other.session] : [];
    });
    questions.post('host', hostDraft(ask, turn, also), {
      turn: turn.id,
      session: turn.session,
      source: turn.source,
      attempt: turn.attempt,
      timeoutMs: timeoutMs(turn),
      again: before.some(({ subject }) => subject === hostSubject(ask)) ? LET_THROUGH_ONCE : '',
    });
    const row = hostRows(store, turn.id).find(
      (one) => one.state === 'open' && one.subject === hostSubject(ask),
    );
    if (row) this.#wait(row, ask, turn);
  }

  /** Holds the connection where somebody is likely to answer. */
  #wait(row: QuestionRow, ask: DoorAsk, turn: TurnRow): void {
    this.#join(row, ask.id);
    if (this.#isAttended(turn)) this.#later(this.#tell(ask.id, 'hold'));
  }

  #join({ id }: QuestionRow, ask: string): void {
    const asks = this.#asks.get(id) ?? new Set();
    this.#asks.set(id, asks.add(ask));
  }

  #isAttended(turn: TurnRow): boolean {
    return isAttended(turn, this.#options.clock.now());
  }

  #changed({ id, kind, state }: Question): void {
    if (kind !== 'host' || state === 'open') return;
    const asks = [...(this.#asks.get(id) ?? [])];
    this.#asks.delete(id);
    const row = this.#options.store.questions.find(id);
    const verdict = row && verdictOf(row);
    if (!row || !verdict) return;
    this.#options.onGrants();
    const [first, ...others] = asks;
    if (verdict === 'once') {
      if (first !== undefined && isUnusedOnce(this.#options.store, row))
        this.#later(this.#tellOnce(row, first));
      return;
    }
    for (const ask of first === undefined ? [] : [first, ...others]) this.#later(this.#tell(ask, verdict));
  }

  #refuse({ id }: DoorAsk): void {
    this.#later(this.#options.answerDoor(id, { verdict: 'no', unasked: true }).then(() => undefined));
  }

  async #tell(ask: string, verdict: AskAnswer['verdict']): Promise<void> {
    await this.#options.answerDoor(ask, { verdict });
  }

  /** The use is on disk before the door is told; where the door certainly did not hear it, it is taken back. */
  async #tellOnce({ id: question, turn, attempt, subject }: QuestionRow, ask: string): Promise<void> {
    const { store, clock, answerDoor } = this.#options;
    const use = { question, turn, attempt, subject, at: clock.now() };
    store.transaction('durable', () => store.questions.use(use));
    const isHeard = await answerDoor(ask, { verdict: 'once' });
    if (isHeard === false) store.transaction('durable', () => store.questions.takeBack(question));
  }

  #later(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error }, 'the door could not be told what its owner said');
      })
      .finally(() => this.#telling.delete(done));
    this.#telling.add(done);
  }
}

function hostRows(store: Store, turn: string): QuestionRow[] {
  return store.questions.ofTurn(turn).filter(({ kind }) => kind === 'host');
}

/** What a settled question means to the door; null where it is open. */
function verdictOf({ state, answer }: QuestionRow): 'once' | 'answer' | 'always' | 'no' | null {
  if (state === 'open') return null;
  switch (answer?.option) {
    case 'once':
      return 'once';
    case 'turn':
      return 'answer';
    case 'always':
      return 'always';
    default:
      return 'no';
  }
}

function isUnusedOnce(store: Store, row: QuestionRow): boolean {
  if (verdictOf(row) !== 'once') return false;
  return !store.questions.usesOfTurn(row.turn).some(({ question }) => question === row.id);
}
