/**
 * Names of people and channels, and what a thread is about. Slack sends ids alone. Names are for reading only, so what
 * cannot be had in a moment is done without: an event has three seconds until Slack brings it again.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { SlackApi } from './api.ts';
import { SlackError } from './errors.ts';
import type { SlackFile } from './inbound.ts';

const PATIENCE_MS = 1000;
const KEPT = 1000;
const KNOWN_MS = 3_600_000;
const UNKNOWN_MS = 60_000; // after a failure it is not asked again at each message

interface Entry {
  name: Promise<string | null>;
  until: number;
}

export interface ThreadRoot {
  user: string | null;
  text: string;
  files: SlackFile[];
}

export class Directory {
  readonly #api: SlackApi;
  readonly #clock: Clock;
  readonly #names = new BoundedMap<string, Entry>(KEPT);

  constructor(api: SlackApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** @returns null where it is not known; needs the scope `users:read` */
  user(id: string): Promise<string | null> {
    return this.#name(id, async () => {
      interface Answer {
        user: { name?: string; real_name?: string; profile?: { display_name?: string } };
      }
      const { user } = await this.#api.call<Answer>('users.info', { user: id });
      return user?.profile?.display_name || user?.real_name || user?.name || null;
    });
  }

  /** @returns null where it has none or it is not known */
  channel(id: string): Promise<string | null> {
    return this.#name(id, async () => {
      const { channel } = await this.#api.call<{ channel: { name?: string } }>('conversations.info', {
        channel: id,
      });
      return channel?.name === undefined ? null : `#${channel.name}`;
    });
  }

  /** The message that began a thread. */
  async root(channel: string, thread: string): Promise<ThreadRoot | null> {
    interface Answer {
      messages: { user?: string; text?: string; files?: SlackFile[] }[];
    }
    const asked = this.#api
      .call<Answer>('conversations.replies', { channel, ts: thread, limit: 1 })
      .then(({ messages }) => {
        const [first] = messages ?? [];
        if (!first) return null;
        return { user: first.user ?? null, text: first.text ?? '', files: first.files ?? [] };
      })
      .catch(ignoreRefusal);
    return withTimeout<ThreadRoot | null>(this.#clock, PATIENCE_MS, asked, () => null);
  }

  #name(id: string, ask: () => Promise<string | null>): Promise<string | null> {
    const known = this.#names.get(id);
    if (known && known.until > this.#clock.now()) return known.name;
    const entry: Entry = { name: Promise.resolve(null), until: this.#clock.now() + UNKNOWN_MS };
    const asked = ask()
      .catch(ignoreRefusal)
      .then((name) => {
        if (name !== null) {
          entry.until = this.#clock.now() + KNOWN_MS;
          entry.name = Promise.resolve(name);
        }
        return name;
      });
    entry.name = withTimeout<string | null>(this.#clock, PATIENCE_MS, asked, () => null);
    this.#names.set(id, entry);
    return entry.name;
  }
}

function ignoreRefusal(error: unknown): null {
  if (!(error instanceof SlackError)) throw error;
  return null;
}
