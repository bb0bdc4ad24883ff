/** Prometheus metrics of the gateway, https://prometheus.io/docs/practices/naming/. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { DoorRow } from '@mobyclaw/protocol/egress';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EventLoopDelay } from './event-loop-delay.ts';

export interface MetricsSources {
  running: () => number;
  queued: () => number;
  /** Questions that wait for the owner. */
  questions: () => number;
  /** How full the model is in the fullest conversation, by its window; 0 where none is known. */
  fullest: () => number;
  clock: Clock;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #ended: Counter<'state' | 'code'>;
  readonly #firstToken: Histogram;
  readonly #duration: Histogram;
  readonly #questions: Counter<'kind' | 'state' | 'door'>;
  readonly #timeToAnswer: Histogram;
  readonly #flushes: Counter<'outcome'>;
  readonly #compactions: Counter<'why'>;
  readonly #door: Counter<'verdict'>;
  readonly #doorBytes: Counter<'direction'>;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    this.#ended = new Counter({
      name: 'mobyclaw_turns_ended_total',
      help: 'Turns that ended, by state and error code',
      labelNames: ['state', 'code'],
      registers,
    });
    this.#firstToken = new Histogram({
      name: 'mobyclaw_turn_first_token_seconds',
      help: 'From the acceptance of a message to the first token of its answer',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#duration = new Histogram({
      name: 'mobyclaw_turn_duration_seconds',
      help: 'From the acceptance of a message to the end of its turn',
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
      registers,
    });
    this.#questions = new Counter({
      name: 'mobyclaw_questions_settled_total',
      help: 'Questions to the owner that are settled, by kind, state (answered, expired, withdrawn) and where they were answered',
      labelNames: ['kind', 'state', 'door'],
      registers,
    });
    this.#timeToAnswer = new Histogram({
      name: 'mobyclaw_question_answer_seconds',
      help: 'From the asking of a question to its answer',
      buckets: [1, 5, 15, 60, 300, 600, 1800, 3600],
      registers,
    });
    this.#flushes = new Counter({
      name: 'mobyclaw_flushes_total',
      help: 'Times that what should last of a conversation was written down before it left the model, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.#compactions = new Counter({
      name: 'mobyclaw_compactions_total',
      help: 'Times that a conversation was made shorter, by why',
      labelNames: ['why'],
      registers,
    });
    this.#door = new Counter({
      name: 'mobyclaw_door_connections_total',
      help: 'Connections that ended at the door, by verdict: allowed, refused or asked',
      labelNames: ['verdict'],
      registers,
    });
    this.#doorBytes = new Counter({
      name: 'mobyclaw_door_bytes_total',
      help: 'Bytes that passed the door, by direction: in, to Moby, and out, from him',
      labelNames: ['direction'],
      registers,
    });
    gauge('mobyclaw_questions_open', 'Questions that wait for the owner', sources.questions);
    gauge(
      'mobyclaw_context_fullest_ratio',
      'How full the model is in the fullest conversation',
      sources.fullest,
    );
    gauge('mobyclaw_turns_running', 'Turns that run', sources.running);
    gauge('mobyclaw_turns_queued', 'Turns that wait', sources.queued);
    gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
    gauge(
      'process_start_time_seconds',
      'Start of the process since the epoch',
      () => performance.timeOrigin / 1000,
    );
    const delay = new EventLoopDelay(sources.clock);
    new Gauge({
      name: 'mobyclaw_event_loop_delay_seconds',
      help: 'How late the event loop was since the reading before; measured from the first reading on',
      labelNames: ['quantile'],
      registers,
      collect() {
        const { p50, p99, max } = delay.read();
        this.set({ quantile: '0.5' }, p50);
        this.set({ quantile: '0.99' }, p99);
        this.set({ quantile: '1' }, max);
      },
    });

    function gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    }
  }

  firstToken(seconds: number): void {
    this.#firstToken.observe(seconds);
  }

  ended(state: string, code: string, seconds: number): void {
    this.#ended.inc({ state, code });
    this.#duration.observe(seconds);
  }

  /** What passed the door, or did not. */
  passed({ verdict, bytesIn, bytesOut }: Pick<DoorRow, 'verdict' | 'bytesIn' | 'bytesOut'>): void {
    this.#door.inc({ verdict });
    this.#doorBytes.inc({ direction: 'in' }, bytesIn);
    this.#doorBytes.inc({ direction: 'out' }, bytesOut);
  }

  /** @param outcome written, nothing or failed */
  flushed(outcome: string): void {
    this.#flushes.inc({ outcome });
  }

  /** @param why a conversation was made shorter */
  compacted(why: string): void {
    this.#compactions.inc({ why });
  }

  /** @param door where it was answered; `none` where nobody did. @param seconds since it was asked */
  questionSettled(kind: string, state: string, door: string, seconds: number): void {
    this.#questions.inc({ kind, state, door });
    if (state === 'answered') this.#timeToAnswer.observe(seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
