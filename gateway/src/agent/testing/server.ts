/** A far side for the client's tests: answers as told, over a real socket, and keeps what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Answer = (
  asked: Asked,
  response: ServerResponse,
  request: IncomingMessage,
) => void | Promise<void>;

export interface TestServer {
  url: string;
  asked: Asked[];
  close(): Promise<void>;
}

/** @param port to listen on, for a server that comes back where another one was */
export async function testServer(answer: Answer, port = 0): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const one: Asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    asked.push(one);
    await answer(one, response, request);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function isRun({ method, path }: Asked): boolean {
  return method === 'POST' && /^\/api\/sessions\/[^/]+\/agent\//.test(path);
}

/** An event as cagent writes it. */
export function line(event: Record<string, unknown>): string {
  return `data: ${JSON.stringify({ ...event, timestamp: new Date().toISOString() })}\n\n`;
}
