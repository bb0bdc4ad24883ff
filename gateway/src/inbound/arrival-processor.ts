/**
 * Works on what has arrived: commands at once, messages of one chat in their order, each of them until it is a turn. An
 * arrival is settled after its turn is on disk; a crash in between is harmless, since the turn has the same key. A `/stop`
 * reaches what is not a turn yet, too.
 *
 * What cannot be taken is answered, never dropped. While the gateway drains, what has arrived waits for the next start.
 * If the gateway was killed while it worked on one, it is tried once more and then refused, because it may be what kills it.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { KeyedQueue } from '@mobyclaw/lib/keyed-queue';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Platform } from '@mobyclaw/protocol/platform';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Access } from '../access/access.ts';
import { EDITED_TOO_LATE } from '../access/access-texts.ts';
import type { SoundCosts } from '../budget/sound-costs.ts';
import type { Channel, InboundFile, IncomingMessage } from '../channels/channel.ts';
import { turnSender } from '../channels/turn-sender.ts';
import { type Commands, usableCommand } from '../commands/commands.ts';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import type { Role } from '../store/access-store.ts';
import type { ArrivalRow } from '../store/arrival-store.ts';
import { StoreError } from '../store/database.ts';
import type { Piece } from '../store/piece-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { type Accepted, type InboundMessage, KeyReusedError, QueueFullError } from '../turns/inbox.ts';
import { DrainingError } from '../turns/turn-service.ts';
import { bareMentionPrompt, isBareMention, YES } from './bare-mention.ts';
import { belongTogether, commandIn } from './belonging.ts';
import { nothingRead, type ReadFiles, readFiles } from './inbound-files.ts';
import { notesFor } from './message-notes.ts';
import { piecesOf, promptOf } from './prompt-pieces.ts';
import { Tries } from './tries.ts';
import type { TypedAnswers } from './typed-answers.ts';

const ALBUM_QUIET_MS = 1000; // pictures that were sent together come one by one
const CUT_QUIET_MS = 1200; // and so do the parts of a text that an app has cut
const STORE_RETRY_MS = 2000;
const CHANNEL_POLL_MS = 500;
const LONGEST_CHANNEL_WAIT_MS = 60_000; // for a file, after a start; then the message goes on without it
const TRIED_TWICE =
  '⚠️ Twice I broke off in the middle of taking this message, so I leave it alone now. Send it again, without its files or in another form.';

export interface ArrivalProcessorOptions {
  store: Store;
  access: Access;
  commands: Commands;
  answers: TypedAnswers;
  accept: (message: InboundMessage) => Promise<Accepted>;
  /** Shows the answer of a turn in its chat. */
  watch: (turn: TurnRow) => void;
  /** Ends a turn, whether it waits or runs. */
  cancel: (turn: string) => void;
  /** Shows in a chat that Moby is at it. @returns ends that */
  typing: (channel: string) => () => void;
  /** Something was put into the outbox for this channel. */
  wake: (channel: string) => void;
  channel: (platform: string) => Channel | null;
  transcription: TranscriptionSettings | null;
  soundCosts: SoundCosts;
  clock: Clock;
  logger: Logger;
}

interface Arrived {
  row: ArrivalRow;
  message: IncomingMessage;
  platform: Platform;
  role: Role;
}

export class ArrivalProcessor {
  readonly #options: ArrivalProcessorOptions;
  /** Commands of a chat have a key of their own, so that they do not wait for the file before them to be fetched. */
  readonly #queue = new KeyedQueue();
  /** Takes back what is being worked on, by the number of its first arrival. */
  readonly #under = new Map<number, AbortController>();
  readonly #tries: Tries;
  #startedAt = 0;
  #stopped = false;

  constructor(options: ArrivalProcessorOptions) {
    this.#options = options;
    this.#tries = new Tries(options.store, options.logger);
  }

  /** Takes up what the process before had received and not worked on. */
  start(): void {
    this.#startedAt = this.#options.clock.now();
    for (const row of this.#options.store.arrivals.allOpen()) {
      const message = JSON.parse(row.event) as IncomingMessage;
      this.arrived(platformOf(row.channel) as Platform, row.seq, message);
    }
  }

  /** What is not settled yet is taken up again at the next start. */
  stop(): void {
    this.#stopped = true;
    this.#tries.giveBack();
  }

  arrived(platform: Platform, seq: number, message: IncomingMessage): void {
    const { channel, messageId } = message;
    const isCommand = this.#isCommand(platform, message);
    const waits = !isCommand && this.#takesTime(message);
    const hideTyping = isCommand ? null : this.#options.typing(channel);
    const work = this.#queue.run(isCommand ? `${channel}/commands` : channel, () =>
      this.#work(platform, seq),
    );
    void work.finally(() => hideTyping?.());
    void this.#options.channel(platform)?.seen?.(channel, messageId, waits);
  }

  /** Whether it is done at once. A command that its sender may not use is an ordinary text, and waits its turn. */
  #isCommand(platform: Platform, message: IncomingMessage): boolean {
    const { text, kind, sender } = message;
    const role = this.#options.access.roleOf(platform, sender.id) ?? 'guest';
    return commandIn(message) !== null && usableCommand(text, { role, kind }) !== null;
  }

  #takesTime({ channel, files }: IncomingMessage): boolean {
    const { turns } = this.#options.store;
    const waits = this.#queue.has(channel) || turns.countAhead(channel, Number.MAX_SAFE_INTEGER) > 0;
    return waits || files.length > 0;
  }

  /** Never rejects, so that one message cannot hold up those behind it. */
  async #work(platform: Platform, seq: number): Promise<void> {
    while (!this.#stopped) {
      try {
        const arrived = this.#read(platform, seq);
        if (arrived) await this.#handle(arrived);
        return;
      } catch (error) {
        if (error instanceof DrainingError) return;
        if (!(error instanceof StoreError)) {
          this.#giveUp(seq, error);
          return;
        }
        this.#options.logger.error({ err: error, arrival: seq }, 'a message waits for the disk');
        await pause(this.#options.clock, STORE_RETRY_MS);
      }
    }
  }

  /** @returns null where it was worked on before, or its sender is let in no more */
  #read(platform: Platform, seq: number): Arrived | null {
    const { store, access } = this.#options;
    const row = store.arrivals.open(seq);
    if (!row) return null;
    const message = JSON.parse(row.event) as IncomingMessage;
    const role = access.roleOf(platform, message.sender.id);
    if (role === null && message.kind === 'direct') {
      this.#settle([row]);
      return null;
    }
    return { row, message, platform, role: role ?? 'guest' };
  }

  async #handle(arrived: Arrived): Promise<void> {
    const { row, message, platform, role } = arrived;
    const command = commandIn(message);
    if (command) {
      if (!this.#tries.begin([row], false)) return this.#settle([row], message, TRIED_TWICE);
      const { channel, kind } = message;
      const withdraw = (user?: string): number => this.#withdraw(row, user);
      const call = { platform, channel, kind, role, user: message.sender.id, text: command.text, withdraw };
      const answer = await this.#options.commands.run(command.name, call);
      if (answer !== null) return this.#settle([row], message, answer);
    }
    const said = await this.#options.answers.take(arrived);
    if (said !== null) return this.#settle([row], message, said);
    const ending = new AbortController();
    this.#under.set(row.seq, ending);
    try {
      await this.#submit(await this.#gather(arrived, ending.signal), ending.signal);
    } catch (error) {
      if (!ending.signal.aborted) throw error; // if aborted, it was taken back and is settled
    } finally {
      this.#under.delete(row.seq);
    }
  }

  /** Takes back what came in here before this command and is no turn yet. @returns how many messages that were */
  #withdraw({ seq, channel }: ArrivalRow, user?: string): number {
    const platform = platformOf(channel) as Platform;
    const rows = this.#options.store.arrivals.openIn(channel).filter((row) => {
      const message = JSON.parse(row.event) as IncomingMessage;
      const isTheirs = (user ?? message.sender.id) === message.sender.id;
      return row.seq < seq && isTheirs && !this.#isCommand(platform, message);
    });
    this.#settle(rows);
    for (const row of rows) this.#under.get(row.seq)?.abort();
    // If it has just become a turn, `/stop` counts it among the turns.
    return rows.filter(({ key }) => this.#options.store.turns.inboxEntry(key) === null).length;
  }

  /** Waits until what belongs together is all there: the pictures of an album, the parts of a long text. */
  async #gather(first: Arrived, signal: AbortSignal): Promise<Arrived[]> {
    const { clock } = this.#options;
    const { album, unfinished } = first.message;
    if (album === undefined && !unfinished) return [first];
    let since = 0;
    if (first.row.receivedAt < this.#startedAt) {
      await this.#untilUp(first.platform, signal); // the rest of it may have come while we were away
      since = clock.now();
    }
    for (;;) {
      const together = this.#parts(first);
      const { row, message } = together.at(-1) ?? first;
      if (album === undefined && !message.unfinished) return together;
      const quietMs = album === undefined ? CUT_QUIET_MS : ALBUM_QUIET_MS;
      const waitMs = Math.max(since, row.receivedAt) + quietMs - clock.now();
      if (waitMs <= 0) return together;
      await pause(clock, waitMs, signal);
      signal.throwIfAborted();
    }
  }

  #parts(first: Arrived): Arrived[] {
    const together: Arrived[] = [];
    for (const row of this.#options.store.arrivals.openIn(first.row.channel)) {
      const message = JSON.parse(row.event) as IncomingMessage;
      const last = together.at(-1)?.message;
      if (row.seq === first.row.seq || (last && belongTogether(last, message)))
        together.push({ ...first, row, message });
    }
    return together;
  }

  async #submit(together: readonly Arrived[], signal: AbortSignal): Promise<void> {
    const { accept, watch, cancel, store, clock } = this.#options;
    const [first] = together;
    if (!first) return;
    const rows = together.map(({ row }) => row);
    const { row, message, platform, role } = first;
    const files = filesOf(together);
    const fetched = files.all.some(({ ref }) => ref !== '');
    const connection = fetched ? await this.#untilUp(platform, signal) : null;
    if (!this.#tries.begin(rows, files.all.length > 0)) {
      const isTurn = store.turns.inboxEntry(row.key) !== null;
      return this.#settle(rows, message, isTurn ? '' : TRIED_TWICE);
    }
    const read = await this.#files(files, message.channel, connection, signal);
    if (!store.arrivals.open(row.seq)) return; // taken back meanwhile
    // Somebody may have been shut out meanwhile, or the group closed.
    if (this.#options.access.judge(platform, { ...message, addressed: true }).kind !== 'allowed') {
      return this.#settle(rows);
    }
    // The text may have been edited while the files were fetched.
    const prompt = this.#promptOf(together, read);
    const refusal = read.refusals.join('\n\n');
    if (prompt === '') return this.#settle(rows, message, refusal || (isBareMention(message) ? YES : ''));
    try {
      const { turn } = await accept({
        key: row.key,
        session: message.channel,
        source: platform,
        sender: turnSender(platform, message.sender),
        prompt,
        attachments: read.attachments,
        queueMode: null,
        deliverTo: { channel: message.channel, replyTo: message.messageId },
        guest: role === 'guest',
        spoken: read.spoken.length > 0,
        notes: notesFor(message, role, row.receivedAt, read),
      });
      if (signal.aborted) return cancel(turn.id);
      // The text may also have been edited while the turn was being stored.
      const newest = this.#promptOf(together, read);
      const edited = newest !== prompt && !store.turns.changePrompt(turn.id, newest);
      const pieces = this.#piecesOf(together, read);
      store.pieces.insert(turn.id, pieces, clock.now());
      const answers = [refusal, edited ? EDITED_TOO_LATE : ''].filter(Boolean);
      this.#settle(rows, message, answers.join('\n\n'));
      watch(turn);
    } catch (error) {
      if (error instanceof KeyReusedError)
        this.#settle(rows); // it became a turn before a crash, and was edited since
      else if (error instanceof QueueFullError) this.#settle(rows, message, `⚠️ ${error.message}`);
      else throw error;
    }
  }

  #promptOf(together: readonly Arrived[], read: ReadFiles): string {
    const [first] = together;
    const bare = first && isBareMention(first.message) ? bareMentionPrompt(first.message) : '';
    return promptOf(this.#piecesOf(together, read), read.attachments.length > 0, bare);
  }

  #piecesOf(together: readonly Arrived[], { spoken }: ReadFiles): Piece[] {
    const now = together.map(({ row, message }) => {
      const open = this.#options.store.arrivals.open(row.seq);
      return { key: row.key, message: open ? (JSON.parse(open.event) as IncomingMessage) : message };
    });
    return piecesOf(now, spoken);
  }

  async #files(
    { own, quoted, all }: FilesOf,
    channel: string,
    connection: Channel | null,
    signal: AbortSignal,
  ): Promise<ReadFiles> {
    if (all.length === 0) return nothingRead();
    if (!connection && all.some(({ ref }) => ref !== '')) {
      return { ...nothingRead(), refusals: ['I could not fetch your file. Please send it again.'] };
    }
    const { clock, transcription, soundCosts, logger } = this.#options;
    const download = async (ref: string, most: number): Promise<Uint8Array> => {
      if (!connection) throw new Error('a file without a connection');
      return connection.download(ref, most);
    };
    const onListened = (seconds: number | null): void => {
      soundCosts.listened(channel, transcription?.model ?? '', seconds).catch((error: unknown) => {
        logger.error({ err: error }, 'what listening has cost could not be stored');
      });
    };
    return readFiles(own, quoted, { download, transcription, onListened, clock, signal });
  }

  /** @throws the reason of the signal */
  async #untilUp(platform: Platform, signal: AbortSignal): Promise<Channel | null> {
    const { clock, channel } = this.#options;
    const start = clock.now();
    while (!this.#stopped && clock.now() - start < LONGEST_CHANNEL_WAIT_MS) {
      const connection = channel(platform);
      if (connection) return connection;
      await pause(clock, CHANNEL_POLL_MS, signal);
      signal.throwIfAborted();
    }
    if (this.#stopped) throw new DrainingError('Moby is restarting.');
    return null;
  }

  /** Marks arrivals as worked on, together with what is said about them. */
  #settle(rows: readonly ArrivalRow[], message?: IncomingMessage, answer = ''): void {
    const { store, clock, wake } = this.#options;
    store.transaction(answer === '' ? 'relaxed' : 'durable', () => {
      for (const { seq } of rows) store.arrivals.settle(seq);
      if (!message || answer === '') return;
      const { channel, messageId } = message;
      const notice = { id: uuidv7(), channel, replyTo: messageId, turn: null, createdAt: clock.now() };
      store.outbox.insert({ ...notice, kind: 'notice', text: answer });
    });
    this.#tries.settled(rows);
    if (message && answer !== '') wake(message.channel);
  }

  #giveUp(seq: number, cause: unknown): void {
    const { store, logger } = this.#options;
    logger.error({ err: cause, arrival: seq }, 'a message could not be worked on');
    try {
      const row = store.arrivals.open(seq);
      if (!row) return;
      const message = JSON.parse(row.event) as IncomingMessage;
      const text = '⚠️ I failed to take this message; my log has the reason. Please send it again.';
      this.#settle([row], message, text);
    } catch (error) {
      logger.error(
        { err: error, arrival: seq },
        'nor could that be said; it is tried again at the next start',
      );
    }
  }
}

interface FilesOf {
  own: InboundFile[];
  /** Of the message that is answered. */
  quoted: InboundFile[];
  all: InboundFile[];
}

function filesOf(together: readonly Arrived[]): FilesOf {
  const own = together.flatMap(({ message }) => message.files);
  const quoted = together[0]?.message.replyTo?.files ?? [];
  return { own, quoted, all: [...own, ...quoted] };
}
