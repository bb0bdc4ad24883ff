/**
 * What Moby may reach, for the doors of the gateway: the rules as memory has them in force, the log and the state of the door as
 * egress has them. The owner is told once of an egress.yaml that has a fault, also over restarts.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { DEFAULT_RULES } from '@mobyclaw/lib/egress-rules/read-rules';
import { readAddress, testAddress } from '@mobyclaw/lib/egress-rules/test-address';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import { type CallSums, callSumsSchema } from '@mobyclaw/protocol/egress';
import {
  type EgressEdit,
  type EgressFileState,
  egressFileStateSchema,
} from '@mobyclaw/protocol/egress-rules';
import {
  type EgressLog,
  type EgressTest,
  type EgressView,
  egressLogSchema,
  egressTestSchema,
} from '@mobyclaw/protocol/egress-view';
import type { PartClient } from '../parts/part-client.ts';
import type { QuestionRow } from '../store/question-store.ts';
import type { EgressClient } from './egress-client.ts';

const WATCH_S = 25; // below the patience of anything between us and the memory server
const RETRY = { firstMs: 500, maxMs: 10_000 };
const SHOWN = 5; // of what was refused last

export interface LogQuery {
  limit: number;
  before?: number | undefined;
  refused?: boolean | undefined;
  host?: string | undefined;
}

export interface EgressServiceOptions {
  memory: PartClient | null;
  /** Null where this installation has no door. */
  egress: EgressClient | null;
  /** Questions about hosts that wait. */
  open: () => QuestionRow[];
  /** @param key what is told under the same one is told once */
  notify: (text: string, key: string) => Promise<unknown>;
  /** What views show has changed. */
  onChange: () => void;
  clock: Clock;
  logger: Logger;
}

export class EgressService {
  readonly #options: EgressServiceOptions;
  readonly #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: EgressServiceOptions) {
    this.#options = options;
    options.egress?.on('door', options.onChange);
    options.egress?.on('rules', options.onChange);
    options.egress?.onUp(options.onChange);
  }

  start(): void {
    if (this.#options.memory) this.#watching = this.#watch(this.#options.memory);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async view(): Promise<EgressView> {
    const { egress, open } = this.#options;
    const [file, log] = await Promise.all([
      this.#file(),
      this.log({ limit: SHOWN, refused: true }).catch(() => ({ items: [] })),
    ]);
    const asked = open().map(({ id, details }) => ({
      question: id,
      host: String(details.host),
      port: Number(details.port),
    }));
    return {
      rules: file?.rules ?? DEFAULT_RULES,
      ...(file?.problem ? { problem: file.problem } : {}),
      door: egress === null ? 'none' : egress.isUp ? 'up' : 'away',
      asked,
      refused: log.items,
    };
  }

  /** @throws HttpProblem 409 where the file cannot take it, 502 where memory does not answer */
  async edit(edit: EgressEdit): Promise<EgressView> {
    const { memory, egress, onChange } = this.#options;
    const answer = await memory?.request('POST', '/egress/edit', { body: edit });
    if (!answer)
      throw new HttpProblem(
        'memory-error',
        'The memory server, which keeps egress.yaml, does not answer just now. Try again in a moment.',
      );
    if (answer.status !== 200) throw new HttpProblem('conflict', detailOf(answer.body));
    await egress?.request('POST', '/reload');
    onChange();
    return this.view();
  }

  /** @throws HttpProblem 502 where the door does not answer */
  async log({ limit, before, refused, host }: LogQuery): Promise<EgressLog> {
    const { egress } = this.#options;
    if (egress === null) return { items: [], before: null };
    const query = new URLSearchParams({ limit: String(limit) });
    if (before !== undefined) query.set('before', String(before));
    if (refused) query.set('refused', 'true');
    if (host !== undefined) query.set('host', host);
    const answer = await egress.request('GET', `/log?${query}`);
    const log = answer?.status === 200 ? egressLogSchema.safeParse(answer.body) : null;
    if (!log?.success)
      throw new HttpProblem('egress-error', 'The door does not answer just now. Try again in a moment.');
    return log.data;
  }

  /** What went through the relay. @param since milliseconds since the epoch @returns null where it does not answer */
  async calls(since: number): Promise<CallSums | null> {
    const query = new URLSearchParams({ since: new Date(since).toISOString() });
    const answer = await this.#options.egress?.request('GET', `/calls?${query}`);
    return answer?.status === 200 ? (callSumsSchema.safeParse(answer.body).data ?? null) : null;
  }

  /** By the door itself, which knows the registries; by the rules alone where it does not answer. @throws HttpProblem 422 */
  async test(url: string): Promise<EgressTest> {
    const { egress } = this.#options;
    const address = readAddress(url);
    if (address === null) {
      throw new HttpProblem(
        'validation-failed',
        'This names no host that could be let through: names are, addresses in no spelling.',
      );
    }
    const answer = await egress?.request('GET', `/test?${new URLSearchParams({ url })}`);
    const told = answer?.status === 200 ? egressTestSchema.safeParse(answer.body) : null;
    if (told?.success) return told.data;
    return testAddress((await this.#file())?.rules ?? DEFAULT_RULES, address);
  }

  async #file(): Promise<EgressFileState | null> {
    const answer = await this.#options.memory?.request('GET', '/egress');
    return answer?.status === 200 ? (egressFileStateSchema.safeParse(answer.body).data ?? null) : null;
  }

  async #watch(memory: PartClient): Promise<void> {
    const { clock, logger, onChange } = this.#options;
    const { signal } = this.#stop;
    let since = 'none';
    let failures = 0;
    while (!signal.aborted) {
      const path = `/egress/watch?since=${since}&timeout=${WATCH_S}`;
      const answer = await memory.request('GET', path, { timeoutMs: (WATCH_S + 10) * 1000, signal });
      const state = answer?.status === 200 ? egressFileStateSchema.safeParse(answer.body).data : undefined;
      if (signal.aborted) return;
      if (!state) {
        await pause(clock, backoffMs(++failures, RETRY), signal);
        continue;
      }
      failures = 0;
      const isOther = (state.hash ?? '') !== since;
      since = state.hash ?? '';
      if (!isOther) continue;
      onChange();
      void this.#options.egress?.request('POST', '/reload'); // what is denied now is to end, though nobody asks for more
      await this.#tellOfFault(state).catch((error: unknown) => {
        logger.error({ err: error }, 'the owner could not be told of a fault in egress.yaml');
      });
    }
  }

  async #tellOfFault({ problem, hash }: EgressFileState): Promise<void> {
    if (!problem) return;
    const where = problem.line === undefined ? '' : `, line ${problem.line}`;
    const text = `⚠️ egress.yaml${where}: ${problem.message} What was in force before stays so until you mend it.`;
    await this.#options.notify(text, `egress-fault:${hash}`);
  }
}

function detailOf(body: unknown): string {
  const { detail } = (body ?? {}) as { detail?: unknown };
  return typeof detail === 'string' ? detail : 'egress.yaml cannot take it.';
}
