/** The chats of the fake Bot API: who is in them, what was written, what the bot has not fetched yet. */
export interface FakeUser {
  id: number;
  first_name: string;
  is_bot?: boolean;
  username?: string;
}

export interface FakeMessage {
  id: number;
  chat: number;
  from: 'bot' | number;
  text: string;
  entities: unknown[];
  replyTo: number | null;
  topic: number | null;
  /** Every text it had, the present one last. */
  versions: string[];
  /** Name, type and content of what was sent with it. */
  file: { field: string; name: string; bytes: Uint8Array } | null;
  deleted: boolean;
  /** Of the bot. */
  reaction: string | null;
  /** Below it, row by row. */
  buttons: FakeButton[][];
}

export interface FakeButton {
  text: string;
  callback_data: string;
}

/** https://core.telegram.org/bots/api#sendmessagedraft: a preview, which nothing remains of. */
export interface FakeDraft {
  id: number;
  text: string;
  entities: unknown[];
  topic: number | null;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface FakeUpdate {
  update_id: number;
  [kind: string]: unknown;
}

const DRAFT_MS = 30_000;

export class Chats {
  readonly messages: FakeMessage[] = [];
  readonly pending: FakeUpdate[] = [];
  readonly confirmed: FakeUpdate[] = [];
  readonly groups = new Map<number, string>();
  readonly blocked = new Set<number>();
  readonly gone = new Set<number>();
  /** Old id of a group to its new one. */
  readonly migrated = new Map<number, number>();
  /** Kinds of updates that the bot has asked for; null: all. */
  wanted: readonly string[] | null = null;
  readonly #drafts = new Map<number, FakeDraft[]>();
  readonly #now: () => number;
  #nextMessage = 1;
  #nextUpdate = 1000;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is seen in a chat of answers in the making: one for each id, until a message comes or 30 s have passed. */
  drafts(chat: number): FakeDraft[] {
    return (this.#drafts.get(chat) ?? []).filter(({ at }) => this.#now() - at < DRAFT_MS);
  }

  draw(chat: number, draft: Omit<FakeDraft, 'at'>): void {
    const others = this.drafts(chat).filter(({ id }) => id !== draft.id);
    this.#drafts.set(chat, [...others, { ...draft, at: this.#now() }]);
  }

  add(
    message: Omit<FakeMessage, 'id' | 'versions' | 'deleted' | 'reaction' | 'buttons'> &
      Partial<Pick<FakeMessage, 'buttons'>>,
  ): FakeMessage {
    const added = {
      buttons: [],
      ...message,
      id: this.#nextMessage++,
      versions: [message.text],
      deleted: false,
      reaction: null,
    };
    this.messages.push(added);
    const elsewhere = this.drafts(message.chat).filter(({ topic }) => topic !== message.topic);
    this.#drafts.set(message.chat, elsewhere);
    return added;
  }

  find(chat: number, id: number): FakeMessage | null {
    return this.messages.find((one) => one.chat === chat && one.id === id && !one.deleted) ?? null;
  }

  /** Kinds that were not asked for are not kept. https://core.telegram.org/bots/api#getupdates */
  update(content: Record<string, unknown>): FakeUpdate {
    const update = { update_id: this.#nextUpdate++, ...content };
    if (this.wanted === null || Object.keys(content).some((kind) => this.wanted?.includes(kind)))
      this.pending.push(update);
    return update;
  }

  /** https://core.telegram.org/bots/api#getupdates: an offset confirms everything below it. */
  fetch(offset: number, limit: number): FakeUpdate[] {
    while (this.pending[0] && this.pending[0].update_id < offset) {
      this.confirmed.push(this.pending.shift() as FakeUpdate);
    }
    return this.pending.slice(0, limit);
  }
}
