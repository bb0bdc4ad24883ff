/**
 * What is added to a conversation from elsewhere while it is open here: what Moby sends by himself, such as a reminder, and
 * what is said in it at another terminal. The gateway is asked again and again; while it is away, nothing is said about that.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { type MessageView, messageViewSchema } from '@mobyclaw/protocol/session';
import { CliError } from '../cli-error.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { GatewayError } from '../gateway-error.ts';

/** How often it is asked, in milliseconds: a reminder that is two seconds late is in time. */
export const WATCH_EVERY_MS = 2000;
const MOST_AT_ONCE = 50;

export interface ConversationWatchOptions {
  gateway: GatewayClient;
  session: string;
  clock: Clock;
  everyMs: number;
  /** In their order, each once. */
  onMessages: (messages: MessageView[]) => void;
}

export class ConversationWatch {
  readonly #options: ConversationWatchOptions;
  /** The newest message that is known; null: not asked yet. */
  #newest: number | null = null;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(options: ConversationWatchOptions) {
    this.#options = options;
  }

  /** What stands there already is not told. */
  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { clock, everyMs, onMessages } = this.#options;
    const before = this.#newest;
    const messages = await this.#ask(before);
    if (this.#stopped) return;
    if (messages) this.#newest = messages.at(-1)?.id ?? before ?? 0;
    if (messages && before !== null && messages.length > 0) onMessages(messages);
    this.#timer = clock.after(everyMs, () => void this.#look());
  }

  /** @returns what is newer; null where the gateway could not be asked */
  async #ask(newest: number | null): Promise<MessageView[] | null> {
    const { gateway, session } = this.#options;
    const range = newest === null ? 'limit=1' : `limit=${MOST_AT_ONCE}&after=${newest}`;
    try {
      const path = `/api/sessions/${encodeURIComponent(session)}/messages?${range}`;
      const found = await gateway.list(messageViewSchema, path);
      return found.filter(({ id }) => id > (newest ?? 0));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      // A conversation in which nothing was said is none yet.
      return error instanceof GatewayError && error.status === 404 ? [] : null;
    }
  }
}
