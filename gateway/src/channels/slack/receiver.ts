/**
 * Takes events of Slack in, each chat's in their order, each until it is on disk. An event may come twice, as a message and
 * as a mention, and again after a lost acknowledgement: its `ts` makes it the same. What we cannot read is passed over with a line in the
 * log, as it would come again until Slack gives it up.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { KeyedQueue } from '@mobyclaw/lib/keyed-queue';
import type { ChannelHost, EditedMessage, IncomingMessage } from '../channel.ts';
import { traceOf } from '../error-trace.ts';
import type { Directory } from './directory.ts';
import { isDirect, type Me, type SlackMessage, saidIn, toEvent } from './inbound.ts';
import { mentionedIn } from './text.ts';
import type { Threads } from './threads.ts';

const MOST_NAMES = 10;
const KEPT_ASKERS = 1000;
const KEPT_CHATS = 1000;

export class Receiver {
  readonly #host: ChannelHost;
  readonly #directory: Directory;
  readonly #threads: Threads;
  readonly #queue = new KeyedQueue();
  readonly #askers = new BoundedMap<string, string>(KEPT_ASKERS);
  readonly #directThreads = new BoundedMap<string, string>(KEPT_CHATS);

  constructor(host: ChannelHost, directory: Directory, threads: Threads) {
    this.#host = host;
    this.#directory = directory;
    this.#threads = threads;
  }

  /** Who wrote a message of late, by channel and `ts`; null where that is not known any more. */
  askerOf(channel: string, ts: string): string | null {
    return this.#askers.get(`${channel}:${ts}`) ?? null;
  }

  /** The thread in which somebody wrote last in a direct message; null where it was none. */
  directThread(channel: string): string | null {
    return this.#directThreads.get(channel) ?? null;
  }

  /** @throws where it could not be stored */
  take(event: SlackMessage, me: Me): Promise<void> {
    return this.#queue.run(event.channel, () => this.#take(event, me));
  }

  async #take(event: SlackMessage, me: Me): Promise<void> {
    const inbound = await this.#read(event, me).catch((error: unknown) => {
      const { channel: chat, ts } = event;
      const passedOver = 'a message could not be read and was passed over';
      this.#host.logger.error({ channel: 'slack', chat, ts, ...traceOf(error) }, passedOver);
      return null;
    });
    if (!inbound) return;
    await this.#store(inbound.event);
    if (inbound.event.kind === 'group' && inbound.event.addressed)
      this.#threads.join(event.channel, inbound.thread);
  }

  /** @returns the event, and the thread that answers to it are in; null where nothing was said */
  async #read(
    event: SlackMessage,
    me: Me,
  ): Promise<{ event: IncomingMessage | EditedMessage; thread: string } | null> {
    const found = saidIn(event, me);
    if (!found) return null;
    const { said, edited } = found;
    const { channel, user, text = '', ts, thread_ts: thread } = said;
    const direct = isDirect(said);
    const mentions = mentionedIn(text);
    const takesPart = thread !== undefined && !direct && this.#threads.has(channel, thread);
    const isReply = thread !== undefined && thread !== ts && !direct;
    const joins = isReply && !takesPart && mentions.includes(me.user);
    const [title, root] = await Promise.all([
      direct ? null : this.#directory.channel(channel),
      joins ? this.#directory.root(channel, thread) : null,
    ]);
    const names = await this.#names([user, ...mentions, root?.user]);
    const inbound = toEvent(said, edited, { me, names, title, root, takesPart });
    if (!inbound || inbound.type === 'moved') return null;
    if (user !== undefined) this.#remember(channel, ts, user, direct ? (thread ?? null) : null);
    return { event: inbound, thread: thread ?? ts };
  }

  async #store(inbound: Parameters<ChannelHost['receive']>[0]): Promise<void> {
    try {
      await this.#host.receive(inbound);
    } catch (error) {
      this.#host.logger.error({ channel: 'slack', err: error }, 'an event could not be stored yet');
      throw error;
    }
  }

  async #names(ids: readonly (string | null | undefined)[]): Promise<Map<string, string>> {
    const wanted = [...new Set(ids)].filter((id) => typeof id === 'string').slice(0, MOST_NAMES);
    const names = await Promise.all(wanted.map(async (id) => [id, await this.#directory.user(id)] as const));
    return new Map(names.flatMap(([id, name]) => (name === null ? [] : [[id, name] as const])));
  }

  #remember(channel: string, ts: string, user: string, directThread: string | null): void {
    this.#askers.set(`${channel}:${ts}`, user);
    if (directThread === null) this.#directThreads.delete(channel);
    else this.#directThreads.set(channel, directThread);
  }
}
