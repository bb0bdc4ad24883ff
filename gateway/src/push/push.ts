/**
 * Tells browsers what comes while no tab is in front: questions, and what Moby sends by himself. Off until a browser is
 * subscribed by its owner. What goes out is encrypted for that browser (RFC 8291) and says what was said only where he wants
 * that. Best effort: what matters is on disk and shown by the page; a notification that could not be handed over within some
 * minutes is left out.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { PushMessage, PushRequest, PushView } from '@mobyclaw/protocol/push';
import type { Question } from '@mobyclaw/protocol/question';
import type { Questions } from '../questions/questions.ts';
import type { PushRow } from '../store/push-store.ts';
import type { Store } from '../store/store.ts';
import { endpointProblem } from './push-hosts.ts';
import { type PushKeys, pushKeys } from './push-keys.ts';

const KEPT_S = 86_400; // at the push service, for a browser that is away
const RETRY_MS = [5000, 60_000, 300_000];
const MOST_CHARS = 300; // what a notification shows; 4 KB is what may be sent
// RFC 8292 section 2.1 asks for a contact without demanding one; the library and Apple demand it. Where the owner names none,
// the others are told a name that is this machine's own everywhere (RFC 6761), so that a complaint goes to no stranger.
const NO_CONTACT = 'https://moby.localhost';

/** Hands a request to a push service. @returns the status of the answer @throws where nobody answered */
export type PostPush = (url: string, headers: Record<string, string>, body: Buffer) => Promise<number>;

export interface PushOptions {
  store: Store;
  questions: Pick<Questions, 'onChange'>;
  /** Where the keys are kept. */
  folder: string;
  /** Of the owner: `mailto:` or `https:`, told to push services. */
  contact: string | null;
  post: PostPush;
  clock: Clock;
  logger: Logger;
}

export class Push {
  readonly #options: PushOptions;
  readonly #timers = new Set<Timer>();
  readonly #asked = new Set<string>();
  #keys: Promise<PushKeys> | null = null;
  #lastMessage = 0;
  #stops: (() => void)[] = [];

  constructor(options: PushOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, questions } = this.#options;
    this.#lastMessage = store.messages.newestId();
    this.#stops = [
      store.watch((changes) => changes.has('messages') && this.#onMessages()),
      questions.onChange((question) => this.#onQuestion(question)),
    ];
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** What a browser needs to subscribe. */
  async publicKey(): Promise<string> {
    this.#keys ??= pushKeys(this.#options.folder);
    try {
      return (await this.#keys).publicKey;
    } catch (error) {
      this.#keys = null;
      throw error;
    }
  }

  list(login: string): PushView[] {
    const { store, clock } = this.#options;
    return store.push.list(clock.now()).map((row) => toView(row, login));
  }

  /** @throws HttpProblem where the address is of no push service */
  subscribe(login: string, { endpoint, keys, content }: PushRequest): PushView {
    const problem = endpointProblem(endpoint, this.#options.contact !== null);
    if (problem !== null) throw new HttpProblem('validation-failed', problem);
    const { store, clock } = this.#options;
    const row = { id: uuidv7(), login, endpoint, ...keys, content, createdAt: clock.now() };
    store.transaction('durable', () => store.push.put(row));
    return toView(
      store.push.list(clock.now()).find(({ id }) => id === row.id) ?? { ...row, name: '' },
      login,
    );
  }

  /** @returns whether there was such a one */
  end(id: string): boolean {
    const { store } = this.#options;
    return store.transaction('durable', () => store.push.delete(id));
  }

  #onMessages(): void {
    const { store } = this.#options;
    for (const { id, session, text } of store.messages.sentSince(this.#lastMessage))
      this.#tell({ kind: 'message', session, id: `message-${id}`, text: cut(text) });
    this.#lastMessage = store.messages.newestId();
  }

  #onQuestion({ id, session, state, title, asker }: Question): void {
    if (state !== 'open') this.#asked.delete(id);
    else if (!this.#asked.has(id)) {
      this.#asked.add(id);
      // What a guest's turn wants is worded by him.
      this.#tell({
        kind: 'question',
        session,
        id: `question-${id}`,
        ...(asker === 'owner' && { text: cut(title) }),
      });
    }
  }

  #tell(message: PushMessage): void {
    const { store, clock } = this.#options;
    for (const row of store.push.list(clock.now())) {
      const { text: _, ...bare } = message;
      void this.#send(row, JSON.stringify(row.content ? message : bare), 0);
    }
  }

  /** Never rejects. */
  async #send(row: PushRow, payload: string, tries: number): Promise<void> {
    const { post, clock, logger, contact } = this.#options;
    const { host } = new URL(row.endpoint); // the rest of it is a secret
    let status: number | null = null;
    try {
      await this.publicKey();
      const { default: webPush } = await import('web-push');
      const request = webPush.generateRequestDetails(
        { endpoint: row.endpoint, keys: { p256dh: row.p256dh, auth: row.auth } },
        payload,
        {
          vapidDetails: { subject: contact ?? NO_CONTACT, ...((await this.#keys) as PushKeys) },
          TTL: KEPT_S,
          urgency: 'high',
        },
      );
      status = await post(row.endpoint, textHeaders(request.headers), request.body as Buffer);
    } catch (error) {
      logger.warn({ err: error, host }, 'a notification could not be handed over');
    }
    if (status === 404 || status === 410) {
      logger.info({ host }, 'a browser wants no notifications any more');
      this.end(row.id);
      return;
    }
    if (status !== null && status < 300) return;
    if (status !== null) logger.warn({ status, host }, 'a push service took no notification');
    const delay = RETRY_MS[tries];
    if (delay === undefined || (status !== null && status < 500 && status !== 429)) return;
    const timer = clock.after(delay, () => {
      this.#timers.delete(timer);
      if (this.#options.store.push.list(clock.now()).some(({ id }) => id === row.id))
        void this.#send(row, payload, tries + 1);
    });
    this.#timers.add(timer);
  }
}

function toView({ id, name, login, content, createdAt }: PushRow, own: string): PushView {
  return { id, name, content, thisBrowser: login === own, createdAt: new Date(createdAt).toISOString() };
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MOST_CHARS ? `${line.slice(0, MOST_CHARS).toWellFormed()}…` : line;
}

function textHeaders(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
