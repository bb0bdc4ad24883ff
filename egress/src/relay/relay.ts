/**
 * The relay: `/<route>/<path of the provider>`, by the virtual key. What an engine shows as a key is taken off, the real one
 * is put on, and the rest goes through as it is, in both directions and at the pace of the slower side; who leaves ends the
 * other side too.
 *
 * Only what agents need is let through (wire.ts). Each call that costs something is asked of the budget before it is made:
 * the body goes out as it comes but for its last piece, which is held back until the model is read from it and the call is
 * admitted. No provider begins with a request that is not whole, so a refused call costs nothing.
 *
 * The key is in no log and no error: of a failure only its code and the host are told.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { equalSecrets, refuseForeignOrigin } from '@mobyclaw/lib/http-guard';
import type { Logger } from '@mobyclaw/lib/logger';
import type { ModelRoute, Wire } from '@mobyclaw/lib/model-routes';
import { outsideAgent } from '@mobyclaw/lib/outside-agent';
import { type Environment, ProxyError } from '@mobyclaw/lib/proxy';
import { RELAY_CAPABILITY } from '@mobyclaw/protocol/identity';
import { type Admission, BudgetRefusal, type CallBudget } from '../ledger/budget.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunningTurns } from '../turns/running-turns.ts';
import { JsonFields } from './json-fields.ts';
import type { Routes } from './routes.ts';
import { type Agents, Upstream } from './upstream.ts';
import { UsageReader } from './usage-reader.ts';
import {
  errorBody,
  type Operation,
  operationOf,
  outgoingHeaders,
  type RelayError,
  returnedHeaders,
  shownKey,
} from './wire.ts';

const REQUEST_FIELDS = [
  'model',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'generationConfig',
];
const BYTES_A_TOKEN = 4;
const UNSEEN_TOKENS = 4_000; // that a provider adds: its own words about tools, pictures that are named by their address
const MOST_OUTPUT = 128_000; // of a request that sets no limit: what the largest models can write
const KEEP_ALIVE_MS = 120_000; // longer than Go's 90 s, so that the client closes first and no call meets a closing socket

export interface RelayOptions {
  /** That the agent shows. */
  modelKey: string;
  allowedHosts: readonly string[];
  routes: Routes;
  budget: CallBudget;
  ledger: Ledger;
  turns: RunningTurns;
  /** Whose HTTPS_PROXY is used, where it names one. */
  environment: Environment;
  logger: Logger;
}

interface Call {
  route: ModelRoute;
  operation: Operation;
  target: URL;
  /** Asked again at its end. */
  turnOf: () => string | null;
}

class Refused extends Error {
  readonly error: RelayError;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.error = { status, type, message };
  }
}

export interface Relay {
  server: Server;
  /** Resolves when the calls that run have been written down. */
  settled(): Promise<void>;
}

export function createRelay(options: RelayOptions): Relay {
  const agentsWith = (keepAlive: boolean): Agents => ({
    http: outsideAgent(false, { keepAlive }, options.environment),
    https: outsideAgent(true, { keepAlive }, options.environment),
  });
  const agents = { kept: agentsWith(true), fresh: agentsWith(false) };
  const running = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = answer(request, response, options, agents).finally(() => running.delete(work));
    running.add(work);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0; // a body waits for its turn where the budget is nearly spent
  return {
    server,
    async settled() {
      await Promise.all(running);
    },
  };
}

/** Never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: RelayOptions,
  agents: { kept: Agents; fresh: Agents },
): Promise<void> {
  let wire: Wire = 'openai';
  let asked: string | null = null;
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    const call = readCall(request, options, (known) => {
      wire = known;
    });
    asked = call.target.host;
    await forward(request, response, call, left.signal, options, agents);
  } catch (error) {
    if (left.signal.aborted || response.headersSent) return void response.destroy();
    request.resume(); // a client that is still writing would not read the refusal
    const known = error instanceof Refused ? error.error : failureOf(error, options.logger, asked);
    response.writeHead(known.status, {
      'content-type': 'application/json',
      ...(known.status === 502 ? {} : { 'x-should-retry': 'false' }), // as the SDKs of Anthropic and OpenAI read it
    });
    response.end(errorBody(wire, known));
  }
}

/** @throws Refused */
function readCall(
  request: IncomingMessage,
  { modelKey, allowedHosts, routes, turns }: RelayOptions,
  onWire: (wire: Wire) => void,
): Call {
  const foreign = refuseForeignOrigin(request, allowedHosts);
  if (foreign) throw new Refused(foreign.status, 'permission_error', foreign.detail);
  const { url = '', method = '', headers } = request;
  const [, name = '', path = ''] = /^\/([\w.-]+)(\/[^?#]*)/.exec(url) ?? [];
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  const key = shownKey(headers, query);
  if (key === null || !equalSecrets(key, modelKey)) {
    throw new Refused(401, 'authentication_error', 'The relay wants the key that Moby was given for it.');
  }
  const route = routes.find(name);
  if (!route) {
    const known = 'It knows the providers and addresses that soul.yaml names.';
    throw new Refused(404, 'not_found_error', `The relay knows no provider "${name}". ${known}`);
  }
  onWire(route.wire);
  const operation = operationOf(route.wire, method, path);
  if (!operation || /%2f|%5c|\.\./i.test(path)) {
    throw new Refused(
      404,
      'not_found_error',
      `The relay lets no ${method} ${path} through to ${route.provider}.`,
    );
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new Refused(415, 'invalid_request_error', 'The relay reads no compressed bodies.');
  }
  query.delete('key');
  const search = query.size > 0 ? `?${query}` : '';
  const target = routes.target(route, path + search);
  if (!target) {
    throw new Refused(
      404,
      'not_found_error',
      `The address of ${route.provider} is none: mend base_url in soul.yaml.`,
    );
  }
  if (route.isKeyNamed && routes.keyOf(route) === null) {
    throw new Refused(401, 'authentication_error', missingKey(route.keys.join()));
  }
  const capability = headers[RELAY_CAPABILITY];
  const shown = typeof capability === 'string' ? capability : null;
  return { route, operation, target, turnOf: () => turns.of(shown)?.turn ?? null };
}

function missingKey(name: string): string {
  return `soul.yaml names ${name} as token_key, and egress was given no value for it: write ${name}=… into .env, then run ./mobyclaw up.`;
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  call: Call,
  left: AbortSignal,
  options: RelayOptions,
  agents: { kept: Agents; fresh: Agents },
): Promise<void> {
  const { route, operation, target } = call;
  if (operation.costs) refusing(call, operation.model ?? '', options, () => options.budget.check());
  const upstream = new Upstream({
    url: target,
    method: request.method ?? '',
    headers: outgoingHeaders(request.headers, route.wire, route.provider, options.routes.keyOf(route)),
    agents,
  });
  const leave = (): void => upstream.destroy();
  left.addEventListener('abort', leave, { once: true });
  try {
    const fields = new JsonFields(REQUEST_FIELDS);
    const { last, bytes } = await sendAllButLast(request, upstream, fields);
    if (!operation.costs) {
      upstream.end(last);
      return await handOn(await upstream.response, response, null);
    }
    const model = operation.model ?? textOf(fields, 'model');
    const bound = {
      model: `${route.provider}/${model}`,
      inputTokens: bytes + UNSEEN_TOKENS,
      outputTokens: mostOutput(fields),
    };
    const admission = await refusing(call, model, options, () => options.budget.admit(bound, left));
    await count(call, { model, bytes }, admission, options, async (seen) => {
      upstream.end(last);
      const answered = await upstream.response;
      seen.httpStatus = answered.statusCode ?? 0;
      seen.reader = new UsageReader(route.wire, answered.headers['content-type'] ?? '');
      await handOn(answered, response, seen.reader);
    });
  } finally {
    left.removeEventListener('abort', leave);
    upstream.destroy();
  }
}

/** What the budget refuses is written down, and told in the provider's form. */
function refusing<T>(call: Call, model: string, { ledger, budget }: RelayOptions, ask: () => T): T {
  const tell = (error: unknown): never => {
    if (!(error instanceof BudgetRefusal)) throw error;
    ledger.refused({ provider: call.route.provider, model, turn: call.turnOf(), day: budget.today });
    throw new Refused(429, 'budget_exceeded', error.message);
  };
  try {
    const result = ask();
    return result instanceof Promise ? (result.catch(tell) as T) : result;
  } catch (error) {
    return tell(error);
  }
}

interface Seen {
  httpStatus: number | null;
  reader: UsageReader | null;
}

/** Writes the call down before it is made, and how it ended. */
async function count(
  { route, turnOf }: Call,
  { model, bytes }: { model: string; bytes: number },
  admission: Admission,
  { ledger, budget }: RelayOptions,
  work: (seen: Seen) => Promise<void>,
): Promise<void> {
  const seen: Seen = { httpStatus: null, reader: null };
  let id: string | null = null;
  let cut = true;
  try {
    const inputGuess = Math.ceil(bytes / BYTES_A_TOKEN);
    id = ledger.begin({ provider: route.provider, model, turn: turnOf(), day: admission.day, inputGuess });
    await work(seen);
    cut = false;
  } finally {
    const { httpStatus, reader } = seen;
    const failed = httpStatus === null || httpStatus >= 400;
    const status = failed ? 'failed' : cut ? 'cut' : 'ok';
    const usage = failed ? null : (reader?.usage ?? null);
    if (id !== null)
      ledger.end(
        id,
        { status, httpStatus, usage, outputSeen: reader?.events ?? 0, turn: turnOf() },
        budget.costOf,
      );
    admission.release();
  }
}

async function sendAllButLast(
  request: IncomingMessage,
  upstream: Upstream,
  fields: JsonFields,
): Promise<{ last: Buffer | null; bytes: number }> {
  let last: Buffer | null = null;
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    fields.write(chunk);
    if (last) await upstream.write(last);
    last = chunk;
  }
  return { last, bytes };
}

/** Rejects where either side leaves before the end. */
function handOn(
  answered: IncomingMessage,
  response: ServerResponse,
  reader: UsageReader | null,
): Promise<void> {
  response.writeHead(answered.statusCode ?? 502, returnedHeaders(answered.headers));
  response.flushHeaders();
  if (reader) answered.on('data', (chunk: Buffer) => reader.write(chunk));
  return new Promise((resolve, reject) => {
    pipeline(answered, response, (error) => (error ? reject(error) : resolve()));
  });
}

function textOf(fields: JsonFields, name: string): string {
  const value = parsed(fields.found.get(name));
  return typeof value === 'string' ? value : '';
}

/** In tokens. */
function mostOutput(fields: JsonFields): number {
  const config = parsed(fields.found.get('generationConfig')) as { maxOutputTokens?: unknown } | null;
  const limits = [
    ...['max_tokens', 'max_completion_tokens', 'max_output_tokens'].map((name) =>
      parsed(fields.found.get(name)),
    ),
    config?.maxOutputTokens,
  ].filter((limit): limit is number => typeof limit === 'number' && limit >= 0);
  return limits.length === 0 ? MOST_OUTPUT : Math.max(...limits);
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null; // no JSON: the provider says so
  }
}

/** @param host that was to be asked; null where it did not come to that */
function failureOf(error: unknown, logger: Logger, host: string | null): RelayError {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ProxyError) return { status: 502, type: 'api_error', message: error.message };
  if (code !== undefined) {
    return {
      status: 502,
      type: 'api_error',
      message: `${host ?? 'The model provider'} cannot be reached (${code}).`,
    };
  }
  logger.error({ err: error }, 'a call of a model failed in the relay');
  return { status: 502, type: 'api_error', message: 'The relay failed; the log of egress says why.' };
}
