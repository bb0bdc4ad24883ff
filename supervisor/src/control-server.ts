/**
 * The supervisor's own small HTTP server, for the gateway: `GET /healthz` free, `GET /status`, `POST /reload`, `POST /overwrite-sessions` and
 * `GET /file` with a bearer token that the agent does not have. Routes and bodies: protocol/control. Everything else is refused as problem+json.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerToken, equalSecrets, refuseForeignOrigin, targetOf } from '@mobyclaw/lib/http-guard';
import { HttpProblem, sendProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import { MOST_FILE_BYTES, type ReloadResult, type SupervisorStatus } from '@mobyclaw/protocol/control';
import type { AgentFiles } from './agent-files.ts';

export interface ControlServerOptions {
  agent: {
    readonly status: SupervisorStatus;
    reload(): Promise<ReloadResult>;
    overwriteSessions(): Promise<string | null>;
  };
  files: Pick<AgentFiles, 'read'>;
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
      if (error instanceof HttpProblem) return sendProblem(response, error);
      options.logger.error({ err: error }, 'control request failed');
      sendProblem(response, new HttpProblem('internal', 'The supervisor failed; its log says why.'));
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
  { agent, files, token, allowedHosts }: ControlServerOptions,
): Promise<void> {
  request.resume(); // no route takes a body
  const refusal = refuseForeignOrigin(request, allowedHosts);
  if (refusal) throw new HttpProblem(refusal.status === 400 ? 'bad-request' : 'forbidden', refusal.detail);
  const target = targetOf(request);
  if (!target) throw new HttpProblem('bad-request', 'The request names no path.');
  const { pathname, searchParams } = target;
  const route = `${request.method} ${pathname}`;
  if (route === 'GET /healthz') return sendJson(response, { ok: true });
  const given = bearerToken(request);
  if (given === null || !equalSecrets(given, token)) {
    throw new HttpProblem('unauthorized', 'Send Authorization: Bearer with MOBYCLAW_CONTROL_TOKEN.');
  }
  if (route === 'GET /status') return sendJson(response, agent.status);
  if (route === 'POST /reload') return sendJson(response, await agent.reload());
  if (route === 'POST /overwrite-sessions') {
    const problem = await agent.overwriteSessions();
    if (problem !== null) throw new HttpProblem('internal', problem);
    return sendJson(response, { ok: true });
  }
  if (route === 'GET /file') {
    const { name, data } = await files.read(searchParams.get('path') ?? '', MOST_FILE_BYTES);
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': data.length,
      'x-file-name': encodeURIComponent(name),
    });
    return void response.end(data);
  }
  throw new HttpProblem(
    'not-found',
    'There are GET /healthz, GET /status, GET /file, POST /reload and POST /overwrite-sessions.',
  );
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
