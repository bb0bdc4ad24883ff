/** Webhooks: made with a secret of their own, and each delivery a turn exactly once. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import type { HookDetail, HookProof, HookView } from '@mobyclaw/protocol/hook';
import type { HookRow } from '../store/hook-store.ts';
import type { Store } from '../store/store.ts';
import type { TokenService } from '../tokens/token-service.ts';
import type { Accepted, InboundMessage } from '../turns/inbox.ts';
import type { NotifyOwner, OwnerChannels } from '../unasked/ports.ts';
import { eventOf, readPayload } from './payload.ts';
import { DEFAULT_TEMPLATE, fillTemplate } from './prompt-template.ts';
import { bearerVerifier, gitHubVerifier, mayProve, standardVerifier, type Verifier } from './proof.ts';

const DELIVERIES_SHOWN = 10;

export interface NewHook {
  name: string;
  proof: HookProof;
  template?: string | undefined;
  channel?: string | undefined;
  events?: string[] | undefined;
  session?: 'keep' | 'fresh' | undefined;
  trusted?: boolean | undefined;
}

export type HookOutcome =
  | { status: 'accepted'; turn: string; duplicate: boolean }
  /** Proven, and not of the kind that starts a turn. */
  | { status: 'ignored'; why: string }
  /** The reason is for the log alone. */
  | { status: 'refused'; why: string }
  | { status: 'malformed'; why: string };

export interface WebhookServiceOptions {
  store: Store;
  clock: Clock;
  tokens: TokenService;
  channels: Pick<OwnerChannels, 'home' | 'refusal'>;
  accept: (message: InboundMessage) => Promise<Accepted>;
  notify: NotifyOwner;
}

export class WebhookService {
  readonly #options: WebhookServiceOptions;

  constructor(options: WebhookServiceOptions) {
    this.#options = options;
  }

  /** @returns why its answers could not go where they are to go, or null */
  refusal({ channel }: NewHook): string | null {
    return channel === undefined ? null : this.#options.channels.refusal(channel);
  }

  /** @returns the hook with its secret, which is not shown again; null where the name is taken */
  create(hook: NewHook): HookView | null {
    const { store, clock, tokens } = this.#options;
    const row = {
      name: hook.name,
      proof: hook.proof,
      secret: newSecret(hook.proof),
      template: hook.template ?? DEFAULT_TEMPLATE,
      channel: hook.channel === undefined ? null : store.names.current(hook.channel),
      events: hook.events ?? null,
      session: hook.session ?? 'fresh',
      trusted: hook.trusted ?? false,
      createdAt: clock.now(),
    };
    return store.transaction('durable', () => {
      if (!store.hooks.insert(row)) return null;
      const secret = row.secret ?? tokens.create(`webhook ${hook.name}`, `hook:${hook.name}`).token ?? '';
      return { ...this.#view({ ...row, receivedAt: null }), secret };
    });
  }

  /** Tells the owner, once, that webhooks from before there was the choice reach no further than their answer now. */
  async tellOfConfinement(): Promise<void> {
    const { store, notify } = this.#options;
    const names = store.hooks.list().flatMap(({ name, trusted }) => (trusted === null ? [name] : []));
    if (names.length === 0) return;
    await notify(
      `What webhooks send is a stranger's text. From now on their turns have no shell, no files and no other chats, and remember nothing, unless a webhook was added with --trusted. That concerns: ${names.join(', ')}. To give one your reach again: \`./mobyclaw hooks remove NAME\`, then \`hooks add NAME --trusted …\`, which makes a new secret.`,
      'hooks-confined',
    );
    store.transaction('durable', () => store.hooks.settleTrust());
  }

  list(): HookView[] {
    return this.#options.store.hooks.list().map((row) => this.#view(row));
  }

  /** With its last deliveries; null where there is no such hook. */
  view(name: string): HookDetail | null {
    const { store } = this.#options;
    const row = store.hooks.find(name);
    if (!row) return null;
    const deliveries = store.hooks
      .deliveries(name, DELIVERIES_SHOWN)
      .map(({ turn, event, receivedAt, state }) => ({
        receivedAt: new Date(receivedAt).toISOString(),
        ...(event === null ? {} : { event }),
        turn,
        ...(state === null ? {} : { state }),
      }));
    return { ...this.#view(row), deliveries };
  }

  /** @returns whether there was such a hook */
  remove(name: string): boolean {
    const { store, tokens } = this.#options;
    return store.transaction('durable', () => {
      tokens.revokeScope(`hook:${name}`);
      return store.hooks.delete(name);
    });
  }

  /** Whether the body of such a delivery is to be read at all. */
  mayProve(name: string, headers: IncomingHttpHeaders): boolean {
    return mayProve(headers, (secret) => this.#opens(name, secret));
  }

  /**
   * Takes a delivery in. An unknown hook is refused like a wrong secret, so that names cannot be guessed.
   * @throws what accepting a message throws; it was not accepted then and can be sent again
   */
  async receive(name: string, headers: IncomingHttpHeaders, body: Buffer): Promise<HookOutcome> {
    const { store, clock } = this.#options;
    const hook = store.hooks.find(name);
    const verdict = this.#verifier(name, hook)({ headers, body, now: clock.now() });
    if (!hook) return { status: 'refused', why: 'There is no such webhook.' };
    if (!verdict.ok) return { status: 'refused', why: verdict.why };
    const event = eventOf(hook.proof, headers);
    const unwanted = whyUnwanted(hook, event);
    if (unwanted !== null) {
      store.transaction('relaxed', () => store.hooks.markReceived(name, clock.now()));
      return { status: 'ignored', why: unwanted };
    }
    const payload = readPayload(hook.proof, headers, body);
    if ('malformed' in payload) return { status: 'malformed', why: payload.malformed };
    const known = verdict.delivery === null ? null : store.hooks.turnOfDelivery(name, verdict.delivery);
    if (known) return { status: 'accepted', turn: known, duplicate: true };
    return this.#start(hook, payload.value, event, verdict.delivery);
  }

  /** Runs a hook with a payload of the owner's own, to see what it does. @returns null where there is no such hook */
  async test(name: string, payload: unknown): Promise<HookOutcome | null> {
    const hook = this.#options.store.hooks.find(name);
    return hook ? this.#start(hook, payload, null, null) : null;
  }

  #verifier(name: string, hook: HookRow | null): Verifier {
    if (hook?.proof === 'github') return gitHubVerifier(hook.secret ?? '');
    if (hook?.proof === 'standard') return standardVerifier(hook.secret ?? '');
    return bearerVerifier((secret) => this.#opens(name, secret));
  }

  #opens(name: string, secret: string): boolean {
    return this.#options.tokens.verify(secret)?.scope === `hook:${name}`;
  }

  async #start(
    hook: HookRow,
    payload: unknown,
    event: string | null,
    delivery: string | null,
  ): Promise<HookOutcome> {
    const { store, clock, accept } = this.#options;
    const accepted = await accept({
      ...(delivery === null ? {} : { key: `webhook:${hook.name}:${delivery}` }),
      session: `webhook:${hook.name}`,
      source: 'webhook',
      sender: hook.name,
      prompt: fillTemplate(hook.template, hook.name, payload, event),
      attachments: [],
      queueMode: 'followup', // each delivery is a turn of its own
      deliverTo: { channel: this.#target(hook) },
      confined: hook.trusted !== true,
    });
    const turn = accepted.turn.id;
    // A kill right here is covered by the inbox, which knows the key for 30 days.
    store.transaction('durable', () => {
      store.hooks.recordDelivery(hook.name, delivery ?? turn, turn, event, clock.now());
    });
    return { status: 'accepted', turn, duplicate: accepted.duplicate };
  }

  /** As for schedules; also where the chat of its own has been shut out meanwhile. */
  #target({ channel }: HookRow): string {
    const { channels } = this.#options;
    return channel === null || channels.refusal(channel) !== null ? channels.home() : channel;
  }

  #view(row: HookRow): HookView {
    return {
      name: row.name,
      proof: row.proof,
      template: row.template,
      ...(row.channel === null ? {} : { channel: row.channel }),
      target: this.#target(row),
      ...(row.events === null ? {} : { events: row.events }),
      session: row.session,
      trusted: row.trusted === true,
      path: `/hooks/${row.name}`,
      createdAt: new Date(row.createdAt).toISOString(),
      ...(row.receivedAt === null ? {} : { receivedAt: new Date(row.receivedAt).toISOString() }),
    };
  }
}

/** GitHub's ping says only that the hook was made there. */
function whyUnwanted({ events }: HookRow, event: string | null): string | null {
  if (event === 'ping') return 'A ping starts no turn.';
  if (events === null || (event !== null && events.includes(event))) return null;
  return `This webhook does not take the event ${event ?? '(none)'}.`;
}

/** Null for a bearer: its token is kept as a hash, like every other. */
function newSecret(proof: HookProof): string | null {
  if (proof === 'bearer') return null;
  const secret = randomBytes(32).toString('base64');
  return proof === 'standard' ? `whsec_${secret}` : secret;
}
