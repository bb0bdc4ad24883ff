/**
 * Works on what has arrived: commands at once, messages of one chat in their order, each of them until it is a turn. An
 * arrival is settled after its turn is on disk; a crash in between is harmless, since the turn has the same key.
 *
 * What cannot be taken is answered, never dropped. While the gateway drains, what has arrived waits for the next start.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Access } from '../access/access.ts';
import { type Commands, readCommand } from '../commands/commands.ts';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import { type Accepted, type InboundMessage, KeyReusedError, QueueFullError } from '../inbox/inbox.ts';
import type { Role } from '../store/access-store.ts';
import type { ArrivalRow } from '../store/arrival-store.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { DrainingError } from '../turns/turn-service.ts';
import type { Channel, IncomingMessage, Platform } from './channel.ts';
import { type ReadFiles, readFiles } from './inbound-files.ts';
import { notesFor } from './message-notes.ts';
import { turnSender } from './turn-sender.ts';

const ALBUM_QUIET_MS = 1000; // pictures that were sent together come one by one
const STORE_RETRY_MS = 2000;
const CHANNEL_POLL_MS = 500;
const LONGEST_CHANNEL_WAIT_MS = 60_000; // for a file, after a start; then the message goes on without it

export interface IntakeOptions {
  store: Store;
  access: Access;
  commands: Commands;
  accept: (message: InboundMessage) => Promise<Accepted>;
  /** Shows the answer of a turn in its chat. */
  watch: (turn: TurnRow) => void;
  /** Something was put into the outbox for this channel. */
  wake: (channel: string) => void;
  channel: (platform: string) => Channel | null;
  transcription: TranscriptionSettings | null;
  clock: Clock;
  logger: Logger;
}

interface Arrived {
  row: ArrivalRow;
  message: IncomingMessage;
  platform: Platform;
  role: Role;
}

export class Intake {
  readonly #options: IntakeOptions;
  /** The end of what is being done for each chat. */
  readonly #chains = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes up what the process before had received and not worked on. */
  start(): void {
    for (const row of this.#options.store.arrivals.allOpen()) {
      const message = JSON.parse(row.event) as IncomingMessage;
      this.arrived(platformOf(row.channel) as Platform, row.seq, message);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  arrived(platform: Platform, seq: number, { channel, text, files, messageId }: IncomingMessage): void {
    // A command does not wait for the file before it to be fetched.
    const chain = readCommand(text) && files.length === 0 ? `${channel}/commands` : channel;
    const before = this.#chains.get(chain) ?? Promise.resolve();
    const work = before.then(() => this.#work(platform, seq));
    this.#chains.set(chain, work);
    void work.finally(() => {
      if (this.#chains.get(chain) === work) this.#chains.delete(chain);
    });
    void this.#options.channel(platform)?.seen?.(channel, messageId);
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
    const command = message.files.length === 0 ? readCommand(message.text) : null;
    if (command) {
      const { channel, kind } = message;
      const call = { platform, channel, kind, role, user: message.sender.id, text: command.text };
      const answer = await this.#options.commands.run(command.name, call);
      if (answer !== null) return this.#settle([row], message, answer);
    }
    const together = message.album === undefined ? [arrived] : await this.#album(arrived);
    await this.#submit(together);
  }

  /** Waits until the pictures of an album are all there. */
  async #album(first: Arrived): Promise<Arrived[]> {
    const { store, clock } = this.#options;
    for (;;) {
      const rows = store.arrivals.openIn(first.row.channel).map((row) => {
        return { ...first, row, message: JSON.parse(row.event) as IncomingMessage };
      });
      const together = rows.filter(
        ({ message }) =>
          message.album === first.message.album && message.sender.id === first.message.sender.id,
      );
      const newest = together.at(-1) ?? first;
      const quietInMs = newest.row.receivedAt + ALBUM_QUIET_MS - clock.now();
      if (quietInMs <= 0) return together;
      await pause(clock, quietInMs);
    }
  }

  async #submit(together: readonly Arrived[]): Promise<void> {
    const { accept, watch } = this.#options;
    const [first] = together;
    if (!first) return;
    const rows = together.map(({ row }) => row);
    const { row, message, platform, role } = first;
    const read = await this.#files(platform, together, signal);
    // Somebody may have been shut out meanwhile, or the group closed.
    if (this.#options.access.judge(platform, { ...message, addressed: true }).kind !== 'allowed') {
      return this.#settle(rows);
    }
    // The text may have been edited while the files were fetched.
    const prompt = this.#promptOf(together, read);
    const refusal = read.refusals.join('\n\n');
    if (prompt === '') return this.#settle(rows, message, refusal);
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
        notes: notesFor(message, role, row.receivedAt, read),
      });
      // Or while the turn was being stored.
      const newest = this.#promptOf(together, read);
      if (newest !== prompt) this.#options.store.turns.changePrompt(turn.id, newest);
      this.#settle(rows, message, refusal);
      watch(turn);
    } catch (error) {
      if (error instanceof KeyReusedError)
        this.#settle(rows); // it became a turn before a crash, with other words
      else if (error instanceof QueueFullError) this.#settle(rows, message, `⚠️ ${error.message}`);
      else throw error;
    }
  }

  #promptOf(together: readonly Arrived[], read: ReadFiles): string {
    const texts = together.map((one) => this.#newestText(one)).filter((text) => text.trim() !== '');
    const none = read.attachments.length > 0 ? 'See the attached file.' : '';
    return [...texts, ...read.spoken].join('\n\n') || none;
  }

  #newestText({ row, message }: Arrived): string {
    const now = this.#options.store.arrivals.open(row.seq);
    return now ? (JSON.parse(now.event) as IncomingMessage).text : message.text;
  }

  async #files(platform: Platform, together: readonly Arrived[]): Promise<ReadFiles> {
    const files = together.flatMap(({ message }) => message.files);
    if (files.length === 0) return { attachments: [], spoken: [], refusals: [] };
    const { clock, transcription } = this.#options;
    const channel = await this.#untilUp(platform);
    if (!channel) {
      return {
        attachments: [],
        spoken: [],
        refusals: ['I could not fetch your file. Please send it again.'],
      };
    }
    return readFiles(files, { download: (ref, most) => channel.download(ref, most), transcription, clock });
  }

  async #untilUp(platform: Platform): Promise<Channel | null> {
    const { clock, channel } = this.#options;
    const start = clock.now();
    while (!this.#stopped && clock.now() - start < LONGEST_CHANNEL_WAIT_MS) {
      const connection = channel(platform);
      if (connection) return connection;
      await pause(clock, CHANNEL_POLL_MS);
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
