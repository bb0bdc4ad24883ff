/** The REST API, version 10, as far as a bot that chats needs it. https://discord.com/developers/docs/reference */
import type http from 'node:http';
import { answerFault, type Faults, refuse } from './faults.ts';
import type { WireMessage, WireRow } from './wire.ts';
import type { Attached, World } from './world.ts';

const VOICE_MESSAGE = 1 << 13; // MessageFlags.IsVoiceMessage
const MOST_CONTENT = 2000;
const MOST_NONCE = 25;
const NONCE_MS = 180_000; // "the past few minutes"

export interface Call {
  method: string;
  path: string;
  body: Record<string, unknown>;
  files: Attached[];
}

export interface RestOptions {
  world: World;
  faults: Faults;
  token: () => string;
  gatewayUrl: () => string;
  fileUrl: (id: string, name: string) => string;
  remainingStarts: () => number;
}

interface Request extends Call {
  query: URLSearchParams;
}

type Route = [method: string, path: RegExp, handle: (request: Request, ids: string[]) => Answer];

interface Answer {
  status: number;
  body?: unknown;
}

const nothing: Answer = { status: 204 };
const ok = (body: unknown): Answer => ({ status: 200, body });
const error = (status: number, code: number, message: string, errors?: unknown): Answer => ({
  status,
  body: { message, code, ...(errors === undefined ? {} : { errors }) },
});
const invalid = (field: string, code: string): Answer =>
  error(400, 50035, 'Invalid Form Body', { [field]: { _errors: [{ code, message: 'Invalid.' }] } });

export class FakeRest {
  readonly calls: Call[] = [];
  commands: { name: string }[] = [];
  readonly #options: RestOptions;
  /** Answers to interactions by their token, as they came; the first of each is the one that Discord wants in time. */
  readonly interactions = new Map<string, { type: number; content: string }[]>();
  readonly #nonces = new Map<string, { message: WireMessage; at: number }>();
  readonly #routes: Route[];

  constructor(options: RestOptions) {
    this.#options = options;
    this.#routes = [
      ['GET', /^\/gateway\/bot$/, () => this.#gateway()],
      ['GET', /^\/users\/@me$/, () => ok(options.world.bot)],
      ['POST', /^\/users\/@me\/channels$/, ({ body }) => this.#openDirect(String(body.recipient_id))],
      ['GET', /^\/channels\/(\d+)\/messages$/, ({ query }, [channel = '']) => this.#list(channel, query)],
      ['GET', /^\/channels\/(\d+)\/messages\/(\d+)$/, (_, [, id = '']) => this.#one(id)],
      ['POST', /^\/channels\/(\d+)\/messages$/, (request, [channel = '']) => this.#create(channel, request)],
      ['PATCH', /^\/channels\/(\d+)\/messages\/(\d+)$/, ({ body }, [, id = '']) => this.#edit(id, body)],
      ['DELETE', /^\/channels\/(\d+)\/messages\/(\d+)$/, (_, [, id = '']) => this.#remove(id)],
      ['POST', /^\/channels\/(\d+)\/typing$/, () => nothing],
      [
        'PUT',
        /^\/channels\/(\d+)\/messages\/(\d+)\/reactions\/[^/]+\/@me$/,
        (_, [, id = '']) => this.#react(id),
      ],
      ['PUT', /^\/applications\/(\d+)\/commands$/, ({ body }) => this.#setCommands(body)],
      [
        'POST',
        /^\/interactions\/(\d+)\/([^/]+)\/callback$/,
        ({ body }, [, token = '']) => this.#answerInteraction(token, body),
      ],
      ['POST', /^\/webhooks\/(\d+)\/([^/]+)$/, ({ body }, [, token = '']) => this.#followUp(token, body)],
    ];
  }

  /** As when so much time has passed that a repeat is another message. */
  forgetNonces(): void {
    this.#nonces.clear();
  }

  async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.replace(/^\/api\/v10/, '');
    const { body, files } = await readBody(request);
    this.calls.push({ method, path, body, files });
    if (
      !/^\/(interactions|webhooks)\//.test(path) &&
      request.headers.authorization !== `Bot ${this.#options.token()}`
    ) {
      refuse(response, 401, 0, '401: Unauthorized');
      return;
    }
    const fault = this.#options.faults.take(method, path);
    if (fault && !fault.kind.endsWith('-after')) {
      answerFault(fault, response);
      return;
    }
    const answer = this.#answer({ method, path, body, files, query: url.searchParams });
    if (fault) {
      answerFault(fault, response);
      return;
    }
    response.writeHead(
      answer.status,
      answer.body === undefined ? {} : { 'content-type': 'application/json' },
    );
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #answer(request: Request): Answer {
    for (const [method, path, handle] of this.#routes) {
      const match = method === request.method ? path.exec(request.path) : null;
      if (match) return handle(request, match.slice(1));
    }
    return error(404, 0, '404: Not Found');
  }

  #gateway(): Answer {
    const remaining = this.#options.remainingStarts();
    const session_start_limit = { total: 1000, remaining, reset_after: 3_600_000, max_concurrency: 1 };
    return ok({ url: this.#options.gatewayUrl(), shards: 1, session_start_limit });
  }

  #openDirect(user: string): Answer {
    const known = this.#options.world.users.get(user);
    return known ? ok(this.#options.world.direct(known)) : error(400, 50035, 'Invalid Form Body');
  }

  #list(id: string, query: URLSearchParams): Answer {
    const { world } = this.#options;
    const channel = world.channels.get(id);
    if (!channel) return error(404, 10003, 'Unknown Channel');
    const after = BigInt(query.get('after') ?? 0);
    const limit = Number(query.get('limit') ?? 50);
    const later = world.shown(channel).filter((message) => BigInt(message.id) > after);
    const page = query.has('after') ? later.slice(0, limit) : later.slice(-limit);
    return ok(page.reverse().map((message) => this.#fresh(message))); // newest first, as Discord does
  }

  #one(id: string): Answer {
    const message = this.#options.world.messages.get(id);
    return message ? ok(this.#fresh(message)) : error(404, 10008, 'Unknown Message');
  }

  #create(id: string, { body, files }: Request): Answer {
    const { world, fileUrl } = this.#options;
    const channel = world.channels.get(id);
    if (!channel) return error(404, 10003, 'Unknown Channel');
    const text = String(body.content ?? '');
    if ([...text].length > MOST_CONTENT) return invalid('content', 'BASE_TYPE_MAX_LENGTH');
    if (text.trim() === '' && files.length === 0) return error(400, 50006, 'Cannot send an empty message');
    const nonce = body.nonce === undefined ? undefined : String(body.nonce);
    if (nonce !== undefined && nonce.length > MOST_NONCE) return invalid('nonce', 'NONCE_TYPE_MAX_LENGTH');
    const earlier = nonce === undefined ? undefined : this.#nonces.get(nonce);
    if (body.enforce_nonce === true && earlier && Date.now() - earlier.at < NONCE_MS)
      return ok(earlier.message);
    const reference = body.message_reference as
      | { message_id: string; fail_if_not_exists?: boolean }
      | undefined;
    if (reference && !world.messages.has(reference.message_id) && reference.fail_if_not_exists !== false) {
      return invalid('message_reference', 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE');
    }
    const components = rowsIn(body);
    if (!components) return invalid('components', 'COMPONENT_CUSTOM_ID_DUPLICATED');
    if (Number(body.flags ?? 0) & VOICE_MESSAGE && !isVoiceMessage(body, files)) {
      return invalid('attachments', 'VOICE_MESSAGES_MUST_HAVE_A_SINGLE_AUDIO_ATTACHMENT');
    }
    const message = world.post({
      channel,
      components,
      author: world.bot,
      text: text.trim(),
      files,
      flags: Number(body.flags ?? 0),
      fileUrl,
      ...(nonce === undefined ? {} : { nonce }),
      ...(reference ? { replyTo: reference.message_id } : {}),
    });
    if (nonce !== undefined) this.#nonces.set(nonce, { message, at: Date.now() });
    return ok(message);
  }

  #edit(id: string, body: Record<string, unknown>): Answer {
    const { world } = this.#options;
    const message = world.messages.get(id);
    if (!message) return error(404, 10008, 'Unknown Message');
    if (message.author.id !== world.bot.id) return error(403, 50005, 'Cannot edit a message by another user');
    const text = String(body.content ?? '');
    if ([...text].length > MOST_CONTENT) return invalid('content', 'BASE_TYPE_MAX_LENGTH');
    const components = body.components === undefined ? message.components : rowsIn(body);
    if (!components) return invalid('components', 'COMPONENT_CUSTOM_ID_DUPLICATED');
    return ok(world.change(message, text.trim(), components));
  }

  /** https://discord.com/developers/docs/interactions/receiving-and-responding#create-interaction-response */
  #answerInteraction(token: string, body: Record<string, unknown>): Answer {
    if (this.interactions.has(token)) {
      return error(400, 40060, 'Interaction has already been acknowledged.');
    }
    this.interactions.set(token, [toAnswer(body.type, body.data)]);
    return nothing;
  }

  #followUp(token: string, body: Record<string, unknown>): Answer {
    const answers = this.interactions.get(token);
    if (!answers) return error(404, 10015, 'Unknown Webhook');
    answers.push(toAnswer(0, body));
    return ok({});
  }

  #react(id: string): Answer {
    return this.#options.world.messages.has(id) ? nothing : error(404, 10008, 'Unknown Message');
  }

  #remove(id: string): Answer {
    const { world } = this.#options;
    const message = world.messages.get(id);
    if (!message) return error(404, 10008, 'Unknown Message');
    world.remove(message);
    return nothing;
  }

  #setCommands(body: Record<string, unknown>): Answer {
    this.commands = Object.values(body) as { name: string }[];
    return ok(this.commands);
  }

  /** Addresses of files are signed for a time; whoever asks again gets new ones. */
  #fresh(message: WireMessage): WireMessage {
    const { fileUrl } = this.#options;
    const attachments = message.attachments.map((file) => ({
      ...file,
      url: fileUrl(file.id, file.filename),
    }));
    return { ...message, attachments };
  }
}

function toAnswer(type: unknown, data: unknown): { type: number; content: string } {
  return { type: Number(type), content: String((data as { content?: string } | undefined)?.content ?? '') };
}

/** @returns null where Discord refuses them */
function rowsIn({ components = [] }: Record<string, unknown>): WireRow[] | null {
  const rows = components as WireRow[];
  const ids = rows.flatMap((row) => row.components.map(({ custom_id }) => custom_id));
  const whole = rows.every((row) => row.components.length <= 5) && ids.every((id) => id.length <= 100);
  return whole && new Set(ids).size === ids.length ? rows : null;
}

/** docs.discord.com, "Voice Messages": one recording with its length and waveform, and nothing else. */
function isVoiceMessage(body: Record<string, unknown>, files: readonly Attached[]): boolean {
  const [one, ...others] = (body.attachments ?? []) as { duration_secs?: unknown; waveform?: unknown }[];
  const told = typeof one?.duration_secs === 'number' && typeof one.waveform === 'string';
  return told && others.length === 0 && files.length === 1 && String(body.content ?? '') === '';
}

async function readBody(request: http.IncomingMessage): Promise<Pick<Call, 'body' | 'files'>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) {
    return { body: raw.length === 0 ? {} : (JSON.parse(String(raw)) as Record<string, unknown>), files: [] };
  }
  const form = await new Response(raw, { headers: { 'content-type': type } }).formData();
  const files: Attached[] = [];
  for (const [key, value] of form) {
    if (!key.startsWith('files[') || typeof value === 'string') continue;
    files.push({ name: value.name, mime: value.type, data: new Uint8Array(await value.arrayBuffer()) });
  }
  return { body: JSON.parse(String(form.get('payload_json'))) as Record<string, unknown>, files };
}
