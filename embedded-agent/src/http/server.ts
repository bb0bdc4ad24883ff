/**
 * The HTTP server. On loopback it answers to its own names only, so that no web page of the owner's browser can speak to
 * it; a request that names an origin comes from such a page and is refused. With a token set, every route asks for it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bearerToken, equalSecrets, refuseForeignOrigin } from '@mobyclaw/lib/http-guard';
import { HttpError } from './http-error.ts';
import { answer, type RouteContext } from './routes.ts';

export interface ServerOptions extends RouteContext {
  token?: string | undefined;
  /** Whether the Host header must name this machine: where it listens on a loopback address. */
  loopback: boolean;
  onError(error: unknown): void;
}

export function createAgentServer(options: ServerOptions): Server {
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => fail(options, response, error));
  });
  // Runs are silent for as long as a tool or a model needs; their own limits end them.
  server.requestTimeout = 0;
  server.timeout = 0;
  return server;
}

async function handle(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  checkAccess(options, request);
  const body = await answer(options, request, response);
  if (body !== undefined) sendJson(response, 200, body);
}

function checkAccess({ token, loopback }: ServerOptions, request: IncomingMessage): void {
  if (request.headers.origin !== undefined)
    throw new HttpError(403, 'requests from web pages are not accepted');
  const refusal = loopback ? refuseForeignOrigin(request) : null;
  if (refusal) throw new HttpError(refusal.status, refusal.detail);
  if (!token) return;
  const given = bearerToken(request);
  if (given === null) throw new HttpError(401, 'missing Authorization header');
  if (!equalSecrets(given, token)) throw new HttpError(401, 'invalid token');
}

function fail({ onError }: ServerOptions, response: ServerResponse, error: unknown): void {
  const known = error instanceof HttpError;
  if (!known) onError(error);
  if (response.headersSent) {
    response.destroy(); // an ended stream would look complete
    return;
  }
  const status = known ? error.status : 500;
  sendJson(response, status, { message: known ? error.message : (error as Error).message });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
