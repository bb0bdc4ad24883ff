/**
 * A stateless MCP server over streamable HTTP, for tests of MCP clients: `initialize`, `tools/list`, `tools/call`, and
 * 405 for everything that needs a session. It notes the headers of every call.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface McpToolResult {
  content: Array<{ type: 'text'; text: string } | { type: 'image'; data: string; mimeType: string }>;
  isError?: boolean;
  structuredContent?: unknown;
}

export interface McpTestTool {
  description: string;
  inputSchema: { type: 'object'; properties: Record<string, unknown>; required?: string[] };
  annotations?: { title?: string; readOnlyHint?: boolean };
  call(args: Record<string, unknown>): McpToolResult | Promise<McpToolResult>;
}

export interface McpCall {
  method: string;
  tool?: string;
  arguments?: Record<string, unknown>;
  headers: IncomingHttpHeaders;
}

export interface McpTestServer {
  /** `http://127.0.0.1:<port>/mcp`. */
  readonly url: string;
  readonly port: number;
  readonly calls: McpCall[];
  close(): Promise<void>;
}

interface RpcRequest {
  id?: number | string;
  method: string;
  params?: { name?: string; arguments?: Record<string, unknown>; protocolVersion?: string };
}

export async function startMcpServer(
  tools: Record<string, McpTestTool>,
  options: { port?: number; instructions?: string } = {},
): Promise<McpTestServer> {
  const calls: McpCall[] = [];
  const answer = async (request: RpcRequest): Promise<unknown> => {
    switch (request.method) {
      case 'initialize':
        return {
          protocolVersion: request.params?.protocolVersion ?? '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'test', version: '1.0.0' },
          ...(options.instructions ? { instructions: options.instructions } : {}),
        };
      case 'tools/list':
        return {
          tools: Object.entries(tools).map(([name, tool]) => ({
            name,
            description: tool.description,
            inputSchema: tool.inputSchema,
            ...(tool.annotations ? { annotations: tool.annotations } : {}),
          })),
        };
      case 'tools/call':
        return tools[request.params?.name ?? '']?.call(request.params?.arguments ?? {});
      default:
        return undefined;
    }
  };
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const rpc = JSON.parse(Buffer.concat(pieces).toString()) as RpcRequest;
    calls.push({
      method: rpc.method,
      ...(rpc.params?.name ? { tool: rpc.params.name } : {}),
      ...(rpc.params?.arguments ? { arguments: rpc.params.arguments } : {}),
      headers: request.headers,
    });
    if (rpc.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const result = await answer(rpc);
    const outcome =
      result === undefined ? { error: { code: -32601, message: 'method not found' } } : { result };
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: rpc.id, ...outcome }));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A result of one text. */
export function textResult(text: string, isError = false): McpToolResult {
  return { content: [{ type: 'text', text }], ...(isError ? { isError } : {}) };
}
