/**
 * `fetch` over `node:http`, through the proxy that the environment names, for requests that may be silent for long: the
 * built-in one breaks a response off after five minutes without a byte, and a local model may think longer than that before
 * its first token. Redirects are not followed, because keys would go with them.
 */
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { outsideAgent } from './outside-agent.ts';
import type { Environment } from './proxy.ts';

interface Agents {
  http: Agent;
  https: Agent;
}

export interface FetchOptions {
  /**
   * Whether a request may be sent twice. The server may close a kept connection in the very moment in which it is used
   * again, and nobody can tell whether it had read the request: such a one is sent again at once, over another connection.
   */
  repeats?: boolean;
}

/**
 * Connections are kept where they cost a handshake, and where a request may be repeated: a kept one that the server closes
 * meanwhile fails a request.
 * @param environment whose proxy is asked, where it names one
 */
export function agentsFor(environment: Environment, { repeats = false }: FetchOptions = {}): Agents {
  return {
    http: outsideAgent(false, { keepAlive: repeats }, environment),
    https: outsideAgent(true, { keepAlive: true }, environment),
  };
}

export const nodeFetch: typeof fetch = fetchThrough(agentsFor(process.env));

/** For models: to be asked twice costs a little, to wait for another try costs the person seconds. */
export const repeatingFetch: typeof fetch = fetchThrough(agentsFor(process.env, { repeats: true }), {
  repeats: true,
});

export function fetchThrough(agents: Agents, options: FetchOptions = {}): typeof fetch {
  return (input, init) => fetchOver(agents, options, input, init);
}

async function fetchOver(
  agents: Agents,
  { repeats = false }: FetchOptions,
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = Object.fromEntries(new Headers(init.headers).entries());
  const { body, type } = await bodyOf(init.body);
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  if (type !== null) headers['content-type'] ??= type;
  const secure = url.protocol === 'https:';
  const ask = (resolve: (response: IncomingMessage) => void, reject: (error: unknown) => void): void => {
    const call = (secure ? httpsRequest : httpRequest)(url, {
      method: init.method ?? 'GET',
      headers,
      agent: secure ? agents.https : agents.http,
      ...(init.signal ? { signal: init.signal } : {}),
    });
    let answered = false;
    call.on('response', (response) => {
      answered = true;
      resolve(response);
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (repeats && call.reusedSocket && !answered && !init.signal?.aborted) return ask(resolve, reject);
      // The form in which the AI SDK's providers know a failed connection, which may be tried again.
      reject(
        init.signal?.aborted
          ? init.signal.reason
          : Object.assign(new TypeError('fetch failed'), { cause: withHost(error, url) }),
      );
    });
    call.end(body);
  };
  const response = await new Promise(ask);
  const status = response.statusCode ?? 500;
  const empty = status === 204 || status === 205 || status === 304;
  if (empty) response.resume();
  return new Response(empty ? null : streamOf(response), {
    status,
    statusText: response.statusMessage ?? '',
    headers: headersOf(response),
  });
}

/** Node names the address where there was one only; of a name with several it says nothing but a code. */
function withHost(error: NodeJS.ErrnoException, { host }: URL): Error {
  const tries =
    error instanceof AggregateError ? (error.errors as Error[]).map(({ message }) => message) : [];
  const why = error.message || tries.join(', ') || error.code || error.name;
  return Object.assign(new Error(`cannot reach ${host}: ${why}`), { code: error.code });
}

/** A form says in its type where its parts end. */
async function bodyOf(given: RequestInit['body']): Promise<{ body?: Buffer | string; type: string | null }> {
  if (given === null || given === undefined) return { type: null };
  if (typeof given === 'string') return { body: given, type: 'text/plain;charset=UTF-8' };
  const response = new Response(given);
  return { body: Buffer.from(await response.arrayBuffer()), type: response.headers.get('content-type') };
}

/** What `Readable.toWeb` gives, at a fraction of its cost: a model's answer comes in hundreds of pieces. */
function streamOf(response: IncomingMessage): ReadableStream<Uint8Array> {
  let open = true;
  const close = (end: () => void): void => {
    if (open) end();
    open = false;
  };
  return new ReadableStream({
    start(controller) {
      response.on('data', (piece: Buffer) => {
        if (!open) return;
        controller.enqueue(piece);
        if ((controller.desiredSize ?? 0) <= 0) response.pause();
      });
      response.once('end', () => close(() => controller.close()));
      response.on('error', (error) => close(() => controller.error(error)));
      response.once('close', () => close(() => controller.error(new Error('the connection was closed'))));
    },
    pull: () => void response.resume(),
    cancel() {
      open = false;
      response.destroy();
    },
  });
}

function headersOf(response: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
