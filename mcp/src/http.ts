/**
 * An MCP server over streamable HTTP as each of our parts runs it: `POST /mcp`, stateless, so that a restart between two
 * calls goes unnoticed; `GET /healthz` free; everything else behind the Host and Origin guard and a bearer token: the
 * agent's opens `/mcp` alone, the gateway's, where the part has one, its further routes too.
 *
 * A wrong token is answered 403 without `WWW-Authenticate`: a challenge would make cagent start an OAuth dialogue that
 * blocks the run. There is no GET stream and no session to delete, so both are 405, which clients of the protocol expect.
 *
 * On plain node:http: Express for a handful of fixed paths is 1 MB and more in each of these processes.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openAgentDoor } from '@mobyclaw/lib/agent-door';
import { bearerToken, equalSecrets, refuseForeignOrigin, targetOf } from '@mobyclaw/lib/http-guard';
import { HttpProblem, sendProblem } from '@mobyclaw/lib/http-problem';
import { ClientLeft, NotJson, readJsonBody } from '@mobyclaw/lib/json-body';
import type { Logger } from '@mobyclaw/lib/logger';
import type { PartService } from '@mobyclaw/lib/part-process';
import { unproven } from './capability.ts';
import { type McpHandlerOptions, mcpHandler, RPC_ERRORS, sendJson } from './handler.ts';
import type { Route } from './route.ts';
import type { McpCaller } from './tool.ts';

const MAX_BODY_BYTES = 1024 * 1024; // far above the largest text a tool accepts
const KEEP_ALIVE_MS = 120_000; // longer than Go's 90 s, so that the client closes first and no call meets a closing socket
const CLOSE_GRACE_MS = 3_000; // a call that runs at shutdown may take this long to end

export interface McpHttpOptions extends Omit<McpHandlerOptions, 'identify'> {
  /** Of the agent. */
  token: string;
  /** Names besides loopback that the server answers to, such as its name in a container network. */
  allowedHosts: readonly string[];
  /** Who asks, where the agent's token was shown; a ToolError refuses the call. */
  identify?: (headers: IncomingHttpHeaders) => McpCaller;
  gateway?: {
    token: string;
    /** Behind this token, and the same guard, body limit and error rendering. */
    routes: readonly Route[];
  };
}

/**
 * @param listen host and port; port 0 takes a free one
 * @param agentDoor path of a socket for the agent alone, see lib/src/agent-door.ts
 * @throws the listening error, such as EADDRINUSE
 */
export async function serveMcpHttp(
  options: McpHttpOptions,
  listen: { host: string; port: number },
  agentDoor?: string,
): Promise<PartService> {
  const answer = requestListener(options);
  const door = agentDoor === undefined ? null : await openAgentDoor(agentDoor, answer);
  const server = createServer(answer);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  let closing = false;
  server.on('request', (_request, response) => {
    // A connection that falls idle while the server closes would otherwise be kept for the next request.
    response.on('close', () => {
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        closing = true;
        const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
        server.close(() => {
          clearTimeout(cut);
          door?.close();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

function requestListener(options: McpHttpOptions): Listener {
  const answer = answerer(options);
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof ClientLeft)) sendError(error, request, response, options.logger);
    });
  };
}

function answerer(
  options: McpHttpOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { gateway, identify = unproven } = options;
  const asAgent = mcpHandler({ ...options, identify });
  const asOwner = mcpHandler({ ...options, identify: () => ({ asker: 'owner' }) });
  const routes = new Map(gateway?.routes.map((route) => [`${route.method} ${route.path}`, route]));

  return async (request, response) => {
    const refusal = refuseForeignOrigin(request, options.allowedHosts);
    if (refusal) throw new HttpProblem(refusal.status === 400 ? 'bad-request' : 'forbidden', refusal.detail);
    const target = targetOf(request);
    if (!target) throw new HttpProblem('bad-request', 'The request names no path.');
    const { pathname, searchParams } = target;
    const name = `${request.method} ${pathname}`;
    if (name === 'GET /healthz') return sendJson(response, 200, { status: 'ok' });

    const shown = bearerToken(request) ?? '';
    const fromGateway = gateway !== undefined && equalSecrets(shown, gateway.token);
    if (!fromGateway && !(pathname === '/mcp' && equalSecrets(shown, options.token))) {
      const wanted = pathname === '/mcp' ? '<MOBYCLAW_MCP_TOKEN>' : '<the token of the gateway>';
      throw new HttpProblem('forbidden', `This needs "Authorization: Bearer ${wanted}".`);
    }
    if (pathname === '/mcp') {
      if (request.method !== 'POST') return refuseMethod(response);
      const body = await readJsonBody(request, MAX_BODY_BYTES);
      return await (fromGateway ? asOwner : asAgent)(Object.assign(request, { body }), response);
    }
    const route = routes.get(name);
    if (!route) throw new HttpProblem('not-found', `There is no ${name} here.`);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const body = await readJsonBody(request, route.mostBytes ?? MAX_BODY_BYTES);
    sendJson(
      response,
      200,
      await route.answer({ query: Object.fromEntries(searchParams), body, gone: gone.signal }),
    );
  };
}

function refuseMethod(response: ServerResponse): void {
  const detail = 'This MCP server is stateless: it takes POST only.';
  sendProblem(response, new HttpProblem('bad-request', detail, {}, { allow: 'POST' }), 405);
}

/** What is known is told; everything else is a fault of ours and told without details. */
function sendError(error: unknown, request: IncomingMessage, response: ServerResponse, logger: Logger): void {
  const path = targetOf(request)?.pathname;
  if (error instanceof NotJson && path === '/mcp') {
    const { message } = error;
    sendJson(response, 400, { jsonrpc: '2.0', error: { code: RPC_ERRORS.parse, message }, id: null });
  } else if (error instanceof HttpProblem) sendProblem(response, error);
  else {
    logger.error({ err: error, path }, 'request failed');
    sendProblem(
      response,
      new HttpProblem('internal', 'Something went wrong in here; the log has the details.'),
    );
  }
}
