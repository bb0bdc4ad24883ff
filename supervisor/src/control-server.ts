/**
 * The supervisor's own small HTTP server, for the gateway: `GET /healthz` free, `GET /status` and `POST /reload` with
 * the bearer token. Routes and bodies: protocol/control. Everything else is refused as problem+json.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerToken, equalSecrets, refuseForeignOrigin } from '@mobyclaw/lib/http-guard';
import { sendProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import type { ReloadResult, SupervisorStatus } from '@mobyclaw/protocol/control';

export interface ControlServerOptions {
  agent: { readonly status: SupervisorStatus; reload(): Promise<ReloadResult> };
  token: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  allowedHosts?: readonly string[];
  logger: Logger;
}

export interface ControlServer {
  port: number;
  close(): Promise<void>;
}

/** @throws the system's error where the address cannot be taken */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.logger.error({ err: error }, 'control request failed');
      sendProblem(response, 'internal', 'The supervisor failed; its log says why.');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { agent, token, allowedHosts }: ControlServerOptions,
): Promise<void> {
  request.resume(); // no route takes a body
  const refusal = refuseForeignOrigin(request, allowedHosts);
  if (refusal)
    return sendProblem(response, refusal.status === 400 ? 'bad-request' : 'forbidden', refusal.detail);
  const route = `${request.method} ${(request.url ?? '/').split('?')[0]}`;
  if (route === 'GET /healthz') return sendJson(response, { ok: true });
  const given = bearerToken(request);
  if (given === null || !equalSecrets(given, token)) {
    return sendProblem(response, 'unauthorized', 'Send Authorization: Bearer with MOBYCLAW_MCP_TOKEN.');
  }
  if (route === 'GET /status') return sendJson(response, agent.status);
  if (route === 'POST /reload') return sendJson(response, await agent.reload());
  sendProblem(response, 'not-found', 'There are GET /healthz, GET /status and POST /reload.');
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
