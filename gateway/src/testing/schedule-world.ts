/**
 * What lies beyond the scheduler, for tests that kill it: turns and the outbox, which survive, and a scheduler on a
 * real database file, which can be killed at any point and started again on the same file.
 */
import { silentLogger } from '@mobyclaw/lib/logger';
import type { JobRequest, JobView } from '@mobyclaw/protocol/job';
import { type Calendar, loadCalendar } from '../calendar/calendar.ts';
import { JobEngine } from '../scheduler/job-engine.ts';
import { JobService } from '../scheduler/job-service.ts';
import { Store } from '../store/store.ts';
import type { BackgroundPrompt, TurnOutcome } from '../unasked/ports.ts';
import type { SimulatedClock } from './simulated-clock.ts';

export interface Turn {
  id: string;
  prompt: BackgroundPrompt;
  at: number;
  outcome: TurnOutcome | null;
}

export interface Sent {
  channel: string;
  text: string;
  key: string;
  at: number;
}

export const OWNER_CHANNEL = 'telegram:dm:1';
const forever = <T>(): Promise<T> => new Promise<T>(() => undefined);

export class ScheduleWorld {
  readonly clock: SimulatedClock;
  readonly turns = new Map<string, Turn>();
  readonly sent = new Map<string, Sent>();
  readonly notices = new Map<string, string>();
  /** Answers a prompt; a promise that stays open is a turn that still runs. */
  answer: (turn: Turn) => TurnOutcome | Promise<TurnOutcome> = () => ({
    state: 'done',
    text: 'the answer',
    error: null,
    usage: { model: 'test', inputTokens: 10, outputTokens: 2, costUsd: 0.001 },
  });
  /** Called at each step of a run; returning true kills the scheduler there. */
  strike: (step: string) => boolean = () => false;
  /** Throws where the delivery fails. */
  beforeDelivery: (sent: Sent) => void = () => undefined;
  /** Throws where the owner cannot be told. */
  beforeNotice: () => void = () => undefined;
  /** Why nothing can be sent to a channel. */
  refusal: (channel: string) => string | null = () => null;
  dead = false;
  store: Store;
  engine: JobEngine;
  service: JobService;
  readonly #path: string;
  readonly #timeZone: string;
  #life = { over: false };
  readonly #calendar: Promise<Calendar> = loadCalendar();

  constructor(path: string, clock: SimulatedClock, timeZone = 'Europe/Berlin') {
    this.clock = clock;
    this.#path = path;
    this.#timeZone = timeZone;
    ({ store: this.store, engine: this.engine, service: this.service } = this.#open());
  }

  create(request: JobRequest): Promise<JobView> {
    return this.service.create(request, null);
  }

  kill(): void {
    this.dead = true;
    this.#life.over = true;
    this.engine.stop();
    this.clock.kill();
    this.store.close();
  }

  restart(): void {
    if (!this.dead) this.kill();
    this.dead = false;
    ({ store: this.store, engine: this.engine, service: this.service } = this.#open());
    this.engine.start();
  }

  #open() {
    const store = new Store(this.#path);
    const life = { over: false };
    this.#life = life;
    const strike = (step: string): boolean => {
      if (life.over || !this.strike(step)) return life.over;
      this.kill();
      return true;
    };
    const calendar = () => this.#calendar;
    const { clock } = this;
    const prompts = {
      accept: (prompt: BackgroundPrompt): Promise<string> => {
        if (strike('before the prompt')) return forever();
        const known = this.turns.get(prompt.key);
        if (!known) {
          const id = `turn-${this.turns.size + 1}`;
          this.turns.set(prompt.key, { id, prompt, at: clock.now(), outcome: null });
        }
        if (strike('after the prompt')) return forever();
        return Promise.resolve((known ?? this.turns.get(prompt.key))?.id ?? '');
      },
      outcome: async (id: string): Promise<TurnOutcome> => {
        const turn = [...this.turns.values()].findLast((one) => one.id === id);
        if (!turn) throw new Error(`no turn ${id}`);
        turn.outcome ??= await this.answer(turn);
        return strike('before the end of the turn') ? forever() : turn.outcome;
      },
      cancel: () => undefined,
    };
    const deliver = (channel: string, text: string, key: string): Promise<void> => {
      if (strike('before the delivery')) return forever();
      const sent = { channel, text, key, at: clock.now() };
      try {
        this.beforeDelivery(sent);
      } catch (error) {
        return Promise.reject(error);
      }
      if (!this.sent.has(key)) this.sent.set(key, sent);
      return strike('after the delivery') ? forever() : Promise.resolve();
    };
    const notifyOwner = async (text: string, key: string): Promise<void> => {
      this.beforeNotice();
      if (!this.notices.has(key)) this.notices.set(key, text);
    };
    const channels = {
      target: (named: string | null) => named ?? OWNER_CHANNEL,
      home: () => OWNER_CHANNEL,
      refusal: (channel: string) => this.refusal(channel),
    };
    const logger = silentLogger;
    const timeZone = this.#timeZone;
    const shared = { store, clock, calendar, prompts, channels, timeZone };
    const engine = new JobEngine({ ...shared, logger, deliver, notifyOwner });
    const service = new JobService({ ...shared, engine });
    return { store, engine, service };
  }
}
