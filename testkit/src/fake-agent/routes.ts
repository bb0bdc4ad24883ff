/** The routes of cagent that the gateway uses, and `GET /fake/stats` for whoever drives the fake over HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeCapability } from '@mobyclaw/mcp/capability';
import type { Permissions } from '@mobyclaw/protocol/cagent';
import { Accounts } from './accounts.ts';
import { readsOf } from './context.ts';
import { readDirectives } from './directives.ts';
import { EventStream } from './event-stream.ts';
import { type Elicited, Gate, type Resume } from './gate.ts';
import type { FakeAgentOptions, FakePrompt } from './options.ts';
import { type FakeGeneration, FakeRun, modelOf } from './run.ts';
import { defaultScript } from './script.ts';
import { type Session, SessionStore } from './session-store.ts';

const BODY_LIMIT_BYTES = 1024 * 1024; // of the new generation

/** What a session has in this process once it has run. */
interface Runtime {
  /** The first run decides, whatever later ones name. */
  agent: string;
  /** Named by a run; it stays. */
  model?: string;
  resume: Gate<Resume>;
  elicitation: Gate<Elicited>;
}

type Reply = [status: number, body: unknown];

/** What a client sent to a run that waited, or did not. */
export interface Answered {
  session: string;
  route: 'resume' | 'elicitation';
  body: string;
}

interface Message {
  content: string;
  multi_content?: unknown;
}

export class Routes {
  readonly store: SessionStore;
  readonly accounts: Accounts;
  readonly answers: Answered[] = [];
  /** Why soul.yaml cannot be used. */
  broken: string | null;
  onDie: () => void = () => undefined;
  readonly #options: FakeAgentOptions;
  readonly #generation: FakeGeneration;
  readonly #agentKey: string;
  readonly #team: readonly string[];
  readonly #runtimes = new Map<string, Runtime>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: FakeAgentOptions) {
    this.#options = options;
    this.#generation = options.generation ?? 'array';
    this.#agentKey = options.agentKey ?? 'soul';
    this.#team = options.agents ?? ['root'];
    this.broken = options.broken ?? null;
    this.store = new SessionStore(
      options.folder === undefined ? undefined : `${options.folder}/sessions.jsonl`,
    );
    this.accounts = new Accounts(options.folder, options.keepRuns ?? true);
  }

  /** After all connections are closed. */
  async close(): Promise<void> {
    await Promise.all(this.#running);
    this.store.close();
    this.accounts.close();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    if (body === null) return;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/fake/stats') return send(response, 200, this.accounts.stats());
    if (this.#generation === 'object') {
      if (Buffer.byteLength(body) > BODY_LIMIT_BYTES)
        return send(response, 413, { message: 'Request Entity Too Large' });
      const { token } = this.#options;
      const given = request.headers.authorization;
      if (token !== undefined && given !== `Bearer ${token}`) {
        const message = given === undefined ? 'missing Authorization header' : 'invalid token';
        return send(response, 401, { message });
      }
    }
    const [, id = '', rest = ''] = /^\/api\/sessions\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    const method = request.method ?? '';
    if (id === '') send(response, ...this.#answerTop(`${method} ${path}`, body));
    else if (rest.startsWith('agent/') && method === 'POST')
      await this.#startRun(id, rest, body, request, response);
    else send(response, ...this.#answerSession(`${method} ${rest}`, id, body));
  }

  #answerTop(route: string, body: string): Reply {
    switch (route) {
      case `GET /api/agents/${this.#agentKey}`:
        if (this.broken !== null) return [404, { message: 'Not Found' }];
        return [
          200,
          {
            version: '7',
            agents: this.#team.map((name) => ({ Name: name, model: modelOf(name) })),
            models: Object.fromEntries((this.#options.models ?? []).map((name) => [name, {}])),
          },
        ];
      case 'GET /api/ping':
        return [200, { status: 'ok' }];
      case 'GET /api/agents':
        return [
          200,
          this.broken === null
            ? [{ name: this.#agentKey, description: 'Moby', multi: this.#team.length > 1 }]
            : [],
        ];
      case 'GET /api/sessions':
        return [
          200,
          this.store.all().map(({ messages, ...rest }) => ({ ...rest, num_messages: messages.length })),
        ];
      case 'POST /api/sessions': {
        const { title, permissions } = fields(body);
        const session = this.store.create(
          this.#generation === 'object' && typeof title === 'string' ? title : '',
        );
        if (permissions && this.#options.permissions !== false)
          session.permissions = permissions as Permissions;
        return [200, { ...session, messages: null, thinking: false, cost: 0 }];
      }
      default:
        return [404, { message: 'Not Found' }];
    }
  }

  #answerSession(route: string, id: string, body: string): Reply {
    const session = this.store.get(id);
    switch (route) {
      case 'GET ':
        return session ? [200, session] : [404, { message: 'session not found: sql: no rows in result set' }];
      case 'DELETE ':
        if (this.store.remove(id)) return [200, { message: 'session deleted' }];
        return [500, { message: 'failed to delete session: session not found' }];
      case 'PATCH title':
        if (!session) return [500, { message: 'failed to update session title: session not found' }];
        this.store.rename(id, String(fields(body).title));
        return [200, { id, title: session.title }];
      case 'PATCH permissions': {
        if (this.#options.permissions === false) return [404, { message: 'Not Found' }];
        if (!session) return [500, { message: 'failed to update session permissions: session not found' }];
        const { permissions } = fields(body);
        if (permissions) session.permissions = permissions as Permissions;
        else delete session.permissions;
        return [200, { message: 'session permissions updated' }];
      }
      case 'POST resume':
        return this.#resume(id, body);
      case 'POST elicitation':
        return this.#elicit(id, body);
      default:
        return [404, { message: 'Not Found' }];
    }
  }

  #resume(id: string, body: string): Reply {
    const runtime = this.#runtimes.get(id);
    if (!runtime) return [500, { message: 'failed to resume session: session not found' }];
    const { confirmation, reason } = fields(body);
    const valid = typeof confirmation === 'string' && /^(approve(-\w+)?|reject)$/.test(confirmation);
    if (valid) runtime.resume.answer({ confirmation, ...(typeof reason === 'string' ? { reason } : {}) });
    this.answers.push({ session: id, route: 'resume', body });
    return [200, { message: 'session resumed' }]; // also where nobody waited
  }

  #elicit(id: string, body: string): Reply {
    this.answers.push({ session: id, route: 'elicitation', body });
    const waiting = this.#runtimes.get(id)?.elicitation;
    if (!waiting?.waiting)
      return [500, { message: 'failed to resume elicitation: no elicitation request in progress' }];
    const { action, content } = fields(body);
    waiting.answer({ action: String(action), ...(content === undefined ? {} : { content }) });
    return [200, null];
  }

  /** The wrong form of body is refused before anything else is looked at, in both generations. */
  async #startRun(
    id: string,
    route: string,
    body: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const messages = this.#readMessages(body);
    if (messages === null) {
      return send(response, 400, { message: 'invalid request body: json: cannot unmarshal into Go value' });
    }
    const session = this.store.get(id);
    if (!session) return send(response, 500, { message: 'failed to run session: session not found' });
    const [, key, agent = 'root'] = route.split('/').map(decodeURIComponent);
    if (this.broken !== null || key !== this.#agentKey || !this.#team.includes(agent)) {
      const why = this.broken ?? `agent not found: ${agent}`;
      return send(response, 500, { message: `failed to run session: \u001b[31m${why}\u001b[0m` });
    }
    if (this.#generation === 'object' && this.accounts.isRunning(id)) {
      return send(response, 409, { message: 'session is already processing a request' });
    }
    const wanted = this.#generation === 'object' ? fields(body).model : undefined;
    const models = [...(this.#options.models ?? []), ...this.#team.map(modelOf)];
    if (typeof wanted === 'string' && wanted !== '') {
      if (!models.includes(wanted)) return send(response, 422, { message: `unknown model ${wanted}` });
      this.#runtime(id, agent).model = wanted;
    }
    const message = messages.at(-1);
    if (!message) return send(response, 500, { message: 'failed to run session: no message' });
    const running = this.#run(session, agent, message, request, response);
    this.#running.add(running);
    await running.finally(() => this.#running.delete(running));
  }

  #readMessages(body: string): Message[] | null {
    const parsed = parse(body);
    const list = this.#generation === 'array' ? parsed : Array.isArray(parsed) ? null : fields(body).messages;
    if (!Array.isArray(list)) return null;
    return list.map((item) => {
      const { content, multi_content } = item as Record<string, unknown>;
      return { content: String(content ?? ''), ...(multi_content === undefined ? {} : { multi_content }) };
    });
  }

  async #run(
    session: Session,
    asked: string,
    message: Message,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    if (request.socket.destroyed) controller.abort();
    const text = promptText(message);
    const directives = readDirectives(text);
    const capability = String(request.headers['x-moby-turn'] ?? '');
    const turn = decodeCapability(capability)?.turn ?? capability;
    const headers = identityHeaders(request);
    const { agent, model, ...gates } = this.#runtime(session.id, asked);
    const { record, seen } = this.accounts.begin({
      ...{ session: session.id, agent, turn, prompt: text, headers },
      ...(model === undefined ? {} : { model }),
    });
    const reads = (): ReturnType<FakePrompt['reads']> => readsOf(session, this.#options.context);
    const prompt: FakePrompt = {
      ...directives,
      session: session.id,
      turn,
      capability,
      headers,
      seen,
      agent,
      reads,
    };
    const run = new FakeRun({
      generation: this.#generation,
      agent,
      team: this.#team,
      model: model ?? modelOf(agent),
      store: this.store,
      accounts: this.accounts,
      session,
      record,
      stream: new EventStream(response, session.id, agent),
      ...gates,
      signal: controller.signal,
      dropResume: directives.dropResume,
      context: this.#options.context,
      die: () => this.onDie(),
    });
    const script = this.#options.script?.(prompt) ?? defaultScript(directives, seen);
    const { content, multi_content } = message;
    const end = await run.execute(
      text,
      { message: content, ...(multi_content ? { multi_content } : {}) },
      script,
    );
    this.accounts.end(record, end);
  }

  #runtime(session: string, agent: string): Runtime {
    const known = this.#runtimes.get(session);
    if (known) return known;
    const made: Runtime = { agent, resume: new Gate(), elicitation: new Gate() };
    this.#runtimes.set(session, made);
    return made;
  }
}

/** Providers read the parts and not the content, where there are parts. */
function promptText({ content, multi_content }: Message): string {
  if (!Array.isArray(multi_content)) return content;
  const part = multi_content.find((item) => (item as { type?: string }).type === 'text') as
    | { text?: string }
    | undefined;
  return part?.text ?? '';
}

function identityHeaders({ headers }: IncomingMessage): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-moby-'));
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

/** @returns null where the client broke off */
async function readAll(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return null; // nobody is left to be answered
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // refused like any other body of the wrong form
  }
}

function fields(body: string): Record<string, unknown> {
  const parsed = parse(body);
  return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
