/**
 * An MCP server over streamable HTTP as each of our parts runs it: `POST /mcp`, stateless, so that a restart between two
 * calls goes unnoticed; `GET /healthz` free; everything else behind the Host and Origin guard and a bearer token: the
 * agent's opens `/mcp` alone, the gateway's, where the part has one, its further routes too.
 *
 * A wrong token is answered 403 without `WWW-Authenticate`: a challenge would make cagent start an OAuth dialogue that
 * blocks the run. There is no GET stream and no session to delete, so both are 405, which clients of the protocol expect.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerToken, equalSecrets, refuseForeignOrigin } from '@mobyclaw/lib/http-guard';
import { HttpProblem, sendProblem } from '@mobyclaw/lib/http-problem';
import { jsonBodyProblem } from '@mobyclaw/lib/json-depth';
import type { Logger } from '@mobyclaw/lib/logger';
import { PROBLEM_TYPES, type ProblemType } from '@mobyclaw/protocol/problem';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import { type McpHandlerOptions, mcpHandler, RPC_ERRORS } from './handler.ts';
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
    routes: (router: Router) => void;
  };
}

export interface HttpService {
  /** `http://host:port` as bound. */
  readonly url: string;
  /** Stops accepting, lets running requests end, then cuts what is left. */
  close(): Promise<void>;
}

/**
 * @param listen host and port; port 0 takes a free one
 * @throws the listening error, such as EADDRINUSE
 */
export async function serveMcpHttp(
  options: McpHttpOptions,
  listen: { host: string; port: number },
): Promise<HttpService> {
  const server = createServer(createMcpHttpApp(options));
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
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

export function createMcpHttpApp(options: McpHttpOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request, _response, next) => {
    const refusal = refuseForeignOrigin(request, options.allowedHosts);
    if (refusal) throw new HttpProblem(refusal.status === 400 ? 'bad-request' : 'forbidden', refusal.detail);
    next();
  });
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  const { gateway } = options;
  const shows = (request: Request, token: string | undefined): boolean =>
    token !== undefined && equalSecrets(bearerToken(request) ?? '', token);
  app.use((request, _response, next) => {
    const allowed =
      shows(request, gateway?.token) || (request.path === '/mcp' && shows(request, options.token));
    if (!allowed) {
      const wanted = request.path === '/mcp' ? '<MOBYCLAW_MCP_TOKEN>' : '<the token of the gateway>';
      throw new HttpProblem('forbidden', `This needs "Authorization: Bearer ${wanted}".`);
    }
    next();
  });
  app.use(
    express.json({
      limit: MAX_BODY_BYTES,
      verify: (_request, _response, body, charset) => {
        const problem = jsonBodyProblem(body, charset);
        if (problem !== null) throw new HttpProblem('bad-request', problem);
      },
    }),
  );
  const { identify = () => ({}) } = options;
  const asAgent = mcpHandler({ ...options, identify });
  const asOwner = mcpHandler({ ...options, identify: () => ({ asker: 'owner' }) });
  app
    .route('/mcp')
    .post((request, response) => (shows(request, gateway?.token) ? asOwner : asAgent)(request, response))
    .all((_request, response) => {
      response.setHeader('allow', 'POST');
      sendProblem(
        response,
        new HttpProblem('bad-request', 'This MCP server is stateless: it takes POST only.'),
        405,
      );
    });
  if (gateway) {
    const router = express.Router();
    gateway.routes(router);
    app.use(router);
  }
  app.use((request) => {
    throw new HttpProblem('not-found', `There is no ${request.method} ${request.path} here.`);
  });
  app.use(errorHandler(options.logger));
  return app;
}

/** Errors of body-parser carry an HTTP status; everything unknown is ours and told without details. */
function errorHandler(logger: Logger) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    if (error instanceof HttpProblem) {
      sendProblem(response, error);
      return;
    }
    const { status, type } = error as { status?: number; type?: string };
    if (status !== undefined && status < 500) {
      if (type === 'entity.parse.failed' && request.path === '/mcp') {
        response.status(400).json({
          jsonrpc: '2.0',
          error: { code: RPC_ERRORS.parse, message: 'The request body is not valid JSON.' },
          id: null,
        });
        return;
      }
      const kind = (Object.entries(PROBLEM_TYPES).find(([, code]) => code === status)?.[0] ??
        'bad-request') as ProblemType;
      sendProblem(response, new HttpProblem(kind, bodyProblem(status)), status);
      return;
    }
    logger.error({ err: error, path: request.path }, 'request failed');
    sendProblem(
      response,
      new HttpProblem('internal', 'Something went wrong in here; the log has the details.'),
    );
  };
}

function bodyProblem(status: number): string {
  if (status === 413) return `The request body is larger than ${MAX_BODY_BYTES} bytes.`;
  if (status === 415)
    return 'The request body has an encoding that is not understood; send plain UTF-8 JSON.';
  return 'The request body is not valid JSON.';
}
