/**
 * Calls of the Web API through Slack's client. It neither retries nor waits out a rate limit: one slow call would hold up
 * all others, and the gateway retries for all platforms alike.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import { webApi } from '@slack/bolt';
import type { SlackSettings } from '../../config/channels-config.ts';
import { toSlackError } from './errors.ts';
import { quietLogger } from './quiet-logger.ts';
import { Transport } from './transport.ts';

const DEFAULT_ROOT = 'https://slack.com/api';
const CLOSE_GRACE_MS = 5000; // a send that is under way may finish: cut, nobody knows whether it arrived

export class SlackApi {
  readonly transport: Transport;
  readonly root: string;
  readonly token: string;
  readonly #client: webApi.WebClient;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<unknown>>();

  constructor({ botToken, apiUrl }: SlackSettings, clock: Clock, callMs: number) {
    this.root = `${apiUrl ?? DEFAULT_ROOT}/`;
    this.token = botToken;
    this.transport = new Transport(this.root, clock, callMs);
    this.#clock = clock;
    this.#client = new webApi.WebClient(botToken, this.clientOptions());
  }

  /** Anew for each client: they write into it. */
  clientOptions() {
    return {
      slackApiUrl: this.root,
      fetch: this.transport.fetch,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: quietLogger,
    };
  }

  /**
   * @typeParam Answer what the method's page says it answers; all of it may be missing
   * @throws SlackError
   */
  async call<Answer>(method: string, args: Record<string, unknown>): Promise<Partial<Answer>> {
    const call = this.#client.apiCall(method, args);
    this.#running.add(call);
    try {
      return (await call) as unknown as Partial<Answer>;
    } catch (error) {
      throw toSlackError(method, error);
    } finally {
      this.#running.delete(call);
    }
  }

  /** Waits for what is under way, cuts what takes too long, and closes every socket. */
  async close(): Promise<void> {
    const idle = Promise.allSettled(this.#running);
    await withTimeout<unknown>(this.#clock, CLOSE_GRACE_MS, idle, () => undefined);
    this.transport.close();
    await Promise.allSettled(this.#running);
  }
}
