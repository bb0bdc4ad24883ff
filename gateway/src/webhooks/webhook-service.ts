/** Webhooks: made with a secret of their own, and each delivery a turn exactly once. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import type { HookProof, HookView } from '@mobyclaw/protocol/hook';
import type { Accepted, InboundMessage } from '../inbox/inbox.ts';
import type { HookRow } from '../store/hook-store.ts';
import type { Store } from '../store/store.ts';
import type { TokenService } from '../tokens/token-service.ts';
import { DEFAULT_TEMPLATE, fillTemplate } from './prompt-template.ts';
import { bearerVerifier, gitHubVerifier, standardVerifier, type Verifier } from './proof.ts';

export interface NewHook {
  name: string;
  proof: HookProof;
  template?: string | undefined;
  channel?: string | undefined;
}

export type Reception =
  | { status: 'accepted'; turn: string; duplicate: boolean }
  | { status: 'refused'; why: string }
  | { status: 'malformed'; why: string };

export interface WebhookServiceOptions {
  store: Store;
  clock: Clock;
  tokens: TokenService;
  accept: (message: InboundMessage) => Promise<Accepted>;
}

export class WebhookService {
  readonly #options: WebhookServiceOptions;

  constructor(options: WebhookServiceOptions) {
    this.#options = options;
  }

  /** @returns the hook with its secret, which is not shown again; null where the name is taken */
  create(hook: NewHook): HookView | null {
    const { store, clock, tokens } = this.#options;
    const row = {
      name: hook.name,
      proof: hook.proof,
      secret: newSecret(hook.proof),
      template: hook.template ?? DEFAULT_TEMPLATE,
      channel: hook.channel ?? null,
      createdAt: clock.now(),
    };
    const created = store.transaction('durable', () => store.hooks.insert(row));
    if (!created) return null;
    const secret = row.secret ?? tokens.create(`webhook ${hook.name}`, `hook:${hook.name}`).token ?? '';
    return { ...toView({ ...row, receivedAt: null }), secret };
  }

  list(): HookView[] {
    return this.#options.store.hooks.list().map(toView);
  }

  /** @returns whether there was such a hook */
  remove(name: string): boolean {
    const { store, tokens } = this.#options;
    tokens.revokeScope(`hook:${name}`);
    return store.transaction('durable', () => store.hooks.delete(name));
  }

  /**
   * Takes a delivery in. An unknown hook is refused like a wrong secret, so that names cannot be guessed.
   * @throws what accepting a message throws; it was not accepted then and can be sent again
   */
  async receive(name: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Reception> {
    const { store, clock } = this.#options;
    const hook = store.hooks.find(name);
    const verdict = this.#verifier(name, hook)({ headers, body, now: clock.now() });
    if (!hook || !verdict.ok) return { status: 'refused', why: verdict.ok ? 'Refused.' : verdict.why };
    const payload = readPayload(headers, body);
    if (payload === null) return { status: 'malformed', why: 'The body is not valid JSON in UTF-8.' };
    const known = verdict.delivery === null ? null : store.hooks.turnOfDelivery(name, verdict.delivery);
    if (known) return { status: 'accepted', turn: known, duplicate: true };
    return this.#start(hook, payload.value, verdict.delivery);
  }

  /** Runs a hook with a payload of the owner's own, to see what it does. @returns null where there is no such hook */
  async test(name: string, payload: unknown): Promise<Reception | null> {
    const hook = this.#options.store.hooks.find(name);
    return hook ? this.#start(hook, payload, null) : null;
  }

  #verifier(name: string, hook: HookRow | null): Verifier {
    if (hook?.proof === 'github') return gitHubVerifier(hook.secret ?? '');
    if (hook?.proof === 'standard') return standardVerifier(hook.secret ?? '');
    return bearerVerifier((secret) => this.#options.tokens.verify(secret)?.scope === `hook:${name}`);
  }

  async #start(hook: HookRow, payload: unknown, delivery: string | null): Promise<Reception> {
    const { store, clock, accept } = this.#options;
    const accepted = await accept({
      ...(delivery === null ? {} : { key: `webhook:${hook.name}:${delivery}` }),
      session: `webhook:${hook.name}`,
      source: 'webhook',
      sender: hook.name,
      prompt: fillTemplate(hook.template, hook.name, payload),
      attachments: [],
      queueMode: null,
      ...(hook.channel === null ? {} : { deliverTo: { channel: hook.channel } }),
    });
    const turn = accepted.turn.id;
    // A kill right here is covered by the inbox, which knows the key for 30 days.
    store.transaction('durable', () => {
      store.hooks.recordDelivery(hook.name, delivery ?? turn, turn, clock.now());
    });
    return { status: 'accepted', turn, duplicate: accepted.duplicate };
  }
}

function readPayload(headers: IncomingHttpHeaders, body: Buffer): { value: unknown } | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { value: /json/i.test(headers['content-type'] ?? '') ? JSON.parse(text) : text };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Null for a bearer: its token is kept as a hash, like every other. */
function newSecret(proof: HookProof): string | null {
  if (proof === 'bearer') return null;
  const secret = randomBytes(32).toString('base64');
  return proof === 'standard' ? `whsec_${secret}` : secret;
}

function toView(row: HookRow): HookView {
  return {
    name: row.name,
    proof: row.proof,
    template: row.template,
    ...(row.channel === null ? {} : { channel: row.channel }),
    path: `/hooks/${row.name}`,
    createdAt: new Date(row.createdAt).toISOString(),
    ...(row.receivedAt === null ? {} : { receivedAt: new Date(row.receivedAt).toISOString() }),
  };
}
