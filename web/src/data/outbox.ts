/**
 * What was sent and is not accepted yet: kept on this device before anything else, and given to the gateway until it has it.
 * Each message has its Idempotency-Key from the moment it was written, so however often it is given, it is one turn; tabs
 * take turns by a lock. What the gateway refuses stays, with its reason, until its writer decides.
 */
import type { AcceptedTurn } from '@mobyclaw/protocol/turn';
import { signal } from '@preact/signals';
import { ApiError, messageOf } from './api.ts';

export interface OutboxFile {
  name: string;
  mime: string;
  content: Blob;
  /** A voice message: what is said in it is what one says. */
  spoken?: true;
}

export interface OutboxEntry {
  /** Its Idempotency-Key; sorts by time. */
  key: string;
  session: string;
  text: string;
  files: readonly OutboxFile[];
  /** Milliseconds since the epoch. */
  at: number;
  /** Asks for that turn's words and files again. */
  again?: string;
  /** Why the gateway refused it. */
  refused?: string;
}

export interface OutboxStore {
  all(): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface OutboxOptions {
  store: OutboxStore;
  /** @throws ApiError, or OfflineError where nobody answered */
  send: (entry: OutboxEntry) => Promise<AcceptedTurn>;
  /** Does the work while no other tab does it. */
  alone: (work: () => Promise<void>) => Promise<void>;
  /** Tells the other tabs that the store has changed. */
  tellOthers: () => void;
  newKey: () => string;
  now: () => number;
  /** Tries again in a while, once, since nothing may say that the line is back. */
  later: (work: () => void) => void;
}

export class Outbox {
  /** The oldest first. */
  readonly entries = signal<readonly OutboxEntry[]>([]);
  /** What was accepted and is not seen among the turns or messages yet, with its turn. */
  readonly accepted = signal<readonly { entry: OutboxEntry; turn: string }[]>([]);
  readonly problem = signal<string | null>(null);
  readonly #options: OutboxOptions;
  #pumping: Promise<void> | null = null;
  #again = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier page left. */
  async load(): Promise<void> {
    const stored = await this.#options.store.all();
    this.entries.value = stored.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** @returns the entry once this device has it; giving it to the gateway goes on by itself */
  async add(message: Pick<OutboxEntry, 'session' | 'text' | 'files' | 'again'>): Promise<OutboxEntry> {
    const entry = { ...message, key: this.#options.newKey(), at: this.#options.now() };
    this.entries.value = [...this.entries.value, entry];
    try {
      await this.#options.store.put(entry);
    } catch (error) {
      this.problem.value = messageOf(error); // sent all the same; only a reload would lose it
    }
    this.#options.tellOthers();
    void this.pump();
    return entry;
  }

  /** These are seen elsewhere now. */
  forget(keys: ReadonlySet<string>): void {
    const left = this.accepted.value.filter(({ entry }) => !keys.has(entry.key));
    if (left.length < this.accepted.value.length) this.accepted.value = left;
  }

  /** The gateway has these, though its answer did not come: their turns are there. */
  confirm(keys: ReadonlySet<string | null>): void {
    for (const { key } of this.entries.value) if (keys.has(key)) void this.discard(key);
  }

  async discard(key: string): Promise<void> {
    this.entries.value = this.entries.value.filter((entry) => entry.key !== key);
    await this.#options.store.remove(key);
    this.#options.tellOthers();
  }

  /** Tries again what was refused. */
  async retry(key: string): Promise<void> {
    const entry = this.entries.value.find((one) => one.key === key);
    if (!entry) return;
    const { refused: _, ...fresh } = entry;
    await this.#change(fresh);
    await this.pump();
  }

  /** Gives to the gateway what waits; call it whenever the line may be back. Never rejects. */
  pump(): Promise<void> {
    this.#again = true;
    this.#pumping ??= this.#options
      .alone(async () => {
        while (this.#again) {
          this.#again = false;
          await this.#pumpOnce();
        }
      })
      .catch((error: unknown) => {
        this.problem.value = messageOf(error);
      })
      .finally(() => {
        this.#pumping = null;
      });
    return this.#pumping;
  }

  async #pumpOnce(): Promise<void> {
    await this.#rereadStore();
    const blocked = new Set<string>();
    for (const entry of this.entries.value) {
      // What comes after it in the same conversation must not overtake it.
      if (entry.refused !== undefined || blocked.has(entry.session)) continue;
      try {
        const { turn } = await this.#options.send(entry);
        this.accepted.value = [...this.accepted.value, { entry, turn }];
        await this.discard(entry.key);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 401) {
          this.#options.later(() => void this.pump());
          return;
        }
        await this.#change({ ...entry, refused: error.message });
        blocked.add(entry.session);
      }
    }
  }

  /** Another tab may have added, sent or removed some. What the store did not take is kept. */
  async #rereadStore(): Promise<void> {
    const before = this.entries.value;
    if (this.problem.value !== null) return;
    const stored = await this.#options.store.all();
    const known = new Set(stored.map(({ key }) => key));
    const added = this.entries.value.filter((entry) => !before.includes(entry) && !known.has(entry.key));
    this.entries.value = [...stored, ...added].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async #change(entry: OutboxEntry): Promise<void> {
    this.entries.value = this.entries.value.map((one) => (one.key === entry.key ? entry : one));
    await this.#options.store.put(entry);
    this.#options.tellOthers();
  }
}
