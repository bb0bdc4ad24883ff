/**
 * What steers egress, for the gateway alone: `GET /healthz` free, everything else with a bearer token that the agent does
 * not have. Routes and bodies: protocol/egress. Everything else is refused as problem+json.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bearerToken, equalSecrets, refuseForeignOrigin, targetOf } from '@mobyclaw/lib/http-guard';
import { HttpProblem, sendProblem } from '@mobyclaw/lib/http-problem';
import { ClientLeft, readJsonBody } from '@mobyclaw/lib/json-body';
import type { Logger } from '@mobyclaw/lib/logger';

const MOST_BODY_BYTES = 1024 * 1024; // prices of some ten thousand models

export interface ControlRequest {
  /** What stood behind the path of the route, where that ends in a slash. */
  rest: string;
  query: URLSearchParams;
  /** As parsed; undefined where none was sent. */
  body: unknown;
  headers: IncomingMessage['headers'];
}

export interface ControlRoute {
  method: 'GET' | 'POST' | 'PUT';
  /** Exact, or all below it where it ends in a slash. */
  path: string;
  /** @returns the body of the answer; undefined where it has answered by itself @throws HttpProblem for what the caller is told */
  answer(request: ControlRequest, response: ServerResponse): unknown;
}

export interface ControlServerOptions {
  token: string;
  allowedHosts: readonly string[];
  routes: readonly ControlRoute[];
  logger: Logger;
}

export function controlServer(options: ControlServerOptions): Server {
  return createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (error instanceof ClientLeft) return;
      if (error instanceof HttpProblem) return sendProblem(response, error);
      options.logger.error({ err: error }, 'control request failed');
      sendProblem(response, new HttpProblem('internal', 'Egress failed; its log says why.'));
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { token, allowedHosts, routes }: ControlServerOptions,
): Promise<void> {
  const refusal = refuseForeignOrigin(request, allowedHosts);
  if (refusal) throw new HttpProblem(refusal.status === 400 ? 'bad-request' : 'forbidden', refusal.detail);
  const target = targetOf(request);
  if (!target) throw new HttpProblem('bad-request', 'The request names no path.');
  const { pathname, searchParams: query } = target;
  if (request.method === 'GET' && pathname === '/healthz') return sendJson(response, { status: 'ok' });
  const given = bearerToken(request);
  if (given === null || !equalSecrets(given, token)) {
    throw new HttpProblem('unauthorized', 'Send Authorization: Bearer with MOBYCLAW_EGRESS_TOKEN.');
  }
  const route = routes.find(
    ({ method, path }) =>
      method === request.method && (path.endsWith('/') ? pathname.startsWith(path) : path === pathname),
  );
  if (!route) throw new HttpProblem('not-found', `There is no ${request.method} ${pathname} here.`);
  const body = await readJsonBody(request, MOST_BODY_BYTES);
  const rest = pathname.slice(route.path.length);
  const result = await route.answer({ rest, query, body, headers: request.headers }, response);
  if (result !== undefined) sendJson(response, result);
}

function sendJson(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
