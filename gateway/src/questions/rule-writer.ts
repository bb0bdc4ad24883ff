/**
 * Has the rules of "always" written into soul.yaml, or into egress.yaml where they are about a host, by the memory server, which
 * keeps these files. What is to be written is on disk with its answer, so neither a crash nor a memory server that is away loses
 * a rule; writing one a second time does nothing. The usual reload then brings it into force.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { asSentence } from '@mobyclaw/lib/sentence';
import { type EgressEdit, hostRuleSchema } from '@mobyclaw/protocol/egress-rules';
import type { PartClient } from '../parts/part-client.ts';
import type { QuestionRow } from '../store/question-store.ts';
import type { Store } from '../store/store.ts';

const RETRY = { firstMs: 500, maxMs: 60_000 };
const REFUSED: ReadonlySet<number> = new Set([409, 422]);

export interface RuleWriterOptions {
  memory: Pick<PartClient, 'request'>;
  store: Store;
  /** @param problem why it was not written, a sentence; null where it stands there */
  done: (row: QuestionRow, problem: string | null) => void;
  clock: Clock;
  logger: Logger;
}

export class RuleWriter {
  readonly #options: RuleWriterOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(options: RuleWriterOptions) {
    this.#options = options;
  }

  /** Writes what an earlier process did not. */
  start(): void {
    this.wake();
  }

  /** There is something to write. */
  wake(): void {
    if (this.#busy || this.#stop.signal.aborted) return;
    this.#busy = true;
    this.#running = this.#writeAll();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #writeAll(): Promise<void> {
    const { store, clock, logger } = this.#options;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const [next] = store.questions.rulesDue();
        if (!next) {
          this.#busy = false; // in the same breath as the look, so that no rule comes in between
          return;
        }
        if (await this.#write(next)) {
          failures = 0;
          continue;
        }
      } catch (error) {
        logger.error({ err: error }, 'a rule could not be written yet');
      }
      await pause(clock, backoffMs(++failures, RETRY), this.#stop.signal);
    }
  }

  /** @returns false where it is to be tried again */
  async #write(row: QuestionRow): Promise<boolean> {
    const { memory, done, logger } = this.#options;
    const { file, path, body } = ruleOf(row);
    const answer = await memory.request('POST', path, { body });
    if (answer?.status === 200) {
      logger.info({ question: row.id, file }, 'a rule is written');
      done(row, null);
      return true;
    }
    if (answer === null || !REFUSED.has(answer.status)) return false;
    const { detail } = answer.body as { detail?: unknown };
    logger.warn({ question: row.id, file, status: answer.status }, 'a rule was not taken');
    done(row, asSentence(typeof detail === 'string' ? detail : `${file} cannot take it`));
    return true;
  }
}

function ruleOf({ kind, details }: QuestionRow): { file: string; path: string; body: object } {
  if (kind !== 'host')
    return { file: 'soul.yaml', path: '/soul/allow', body: { rule: String(details.rule) } };
  const edit: EgressEdit = { do: 'allow', rule: hostRuleSchema.parse(details.rule) };
  return { file: 'egress.yaml', path: '/egress/edit', body: edit };
}
