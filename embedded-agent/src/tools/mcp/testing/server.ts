/** An MCP server over streamable HTTP whose every answer a test writes itself, down to the socket. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@mobyclaw/lib/clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import { McpToolset, type McpToolsetOptions } from '../../mcp-toolset.ts';
import type { ToolContext } from '../../tool.ts';

export interface RawRequest {
  http: string;
  method: string;
  id: number;
  headers: IncomingMessage['headers'];
  params?: { name?: string; arguments?: unknown };
}

export interface RawServer {
  url: string;
  requests: RawRequest[];
  /** Ends it as a killed process does. */
  kill(): void;
}

/** @param answer gets what is not `initialize`, `tools/list`, a notification or a GET */
export async function startRawServer(
  answer: (request: RawRequest, response: ServerResponse) => void,
  {
    tools = [{ name: 'work' }] as unknown[],
    session = (): string => 'session-1',
    get = refuse,
    notified = 202,
  } = {},
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const { method: http = '', headers } = incoming;
    const body = pieces.length > 0 ? JSON.parse(Buffer.concat(pieces).toString()) : {};
    const request: RawRequest = { http, headers, ...body };
    requests.push(request);
    if (http === 'GET') return get(request, response);
    if (http !== 'POST') return void (http === 'DELETE' && response.writeHead(200).end());
    if (request.id === undefined) return void response.writeHead(notified).end();
    if (request.method === 'initialize') {
      response.setHeader('mcp-session-id', session());
      return reply(response, request.id, {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'raw', version: '1' },
      });
    }
    if (request.method === 'tools/list') return reply(response, request.id, { tools });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kill = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(kill);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, requests, kill };
}

function refuse(_request: RawRequest, response: ServerResponse): void {
  response.writeHead(405).end();
}

export function reply(response: ServerResponse, id: number, result: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

export function event(id: number, result: unknown): string {
  return `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`;
}

/** An MCP toolset as a run uses it. */
export function useToolset(
  config:
    | { url: string; headers?: Record<string, string> }
    | { command: string; args?: string[]; env?: Record<string, string> },
  options: Partial<McpToolsetOptions> = {},
) {
  const workingDir = temporaryFolder();
  const source =
    'url' in config ? { remote: { ...config, transport_type: 'streamable' as const } } : { ...config };
  const toolset = new McpToolset(
    { type: 'mcp', ...source },
    { environment: { PATH: process.env.PATH }, workingDir, clock: systemClock, ...options },
  );
  onTestFinished(() => toolset.close());
  const notices: string[] = [];
  const stop = new AbortController();
  const context: ToolContext = {
    sessionId: 's',
    workingDir,
    headers: { 'x-turn': 'turn-1' },
    signal: stop.signal,
    elicit: async () => ({ action: 'accept', content: { answer: 'yes' } }),
    notice: (text) => notices.push(text),
  };
  const call = async (name = 'work', input: unknown = {}) => {
    const tool = (await toolset.tools(context)).find(({ definition }) => definition.name === name);
    if (!tool) throw new Error(`there is no tool ${name}`);
    return await tool.call(input, context);
  };
  return { toolset, context, notices, stop, call, workingDir };
}
