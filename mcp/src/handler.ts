/**
 * What an MCP server of ours answers to `POST /mcp`: the revisions of the protocol below, stateless, tools alone. Written
 * here rather than taken from the SDK, whose server brings schemas of the whole protocol, a JSON schema compiler and a
 * second HTTP stack: 10 MB in each process that serves three methods, and a server made for each request.
 *
 * Nothing outlives a request: there is no session, `notifications/cancelled` therefore finds nothing to cancel, and a
 * client that leaves does not stop its call, which runs to its end as it may have acted already.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@mobyclaw/lib/logger';
import type { CallToolResult, JSONRPCMessage, Progress } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { callTool, type McpCaller, type McpProgress, type McpTool } from './tool.ts';

/** Newest first; what a client that asks for another one is offered. */
const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;
const MOST_IN_A_BATCH = 100; // as the SDK's server
const COMMENT_EVERY_MS = 15_000; // on a stream, so that nobody between takes a long call for a dead connection

/** Of JSON-RPC; the last is the SDK's for what is wrong with the HTTP around it. */
export const RPC_ERRORS = {
  parse: -32_700,
  invalidRequest: -32_600,
  unknownMethod: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  transport: -32_000,
} as const;

const idSchema = z.union([z.string(), z.int()]);
const messageSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: idSchema.optional(),
  /** Absent in an answer. */
  method: z.string().optional(),
  params: z
    .looseObject({ _meta: z.looseObject({ progressToken: idSchema.optional() }).optional() })
    .optional(),
});
const initializeSchema = z.looseObject({ protocolVersion: z.string() });
const callSchema = z.looseObject({
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()).optional(),
});

type Id = z.infer<typeof idSchema>;
type Message = z.infer<typeof messageSchema>;
type Question = Message & { id: Id; method: string };
type Reply = { jsonrpc: '2.0'; id: Id } & ({ result: unknown } | { error: RpcFault });

interface RpcFault {
  code: number;
  message: string;
}

export interface McpHandlerOptions {
  name: string;
  version: string;
  /** Sent at `initialize`; agents put it into the model's instructions. */
  instructions: string;
  tools: readonly McpTool[];
  logger: Logger;
  /** Who asks; a ToolError refuses the call. */
  identify: (headers: IncomingHttpHeaders) => McpCaller;
  /** Between two signs of life on a stream; 15 s unless given. */
  commentEveryMs?: number;
}

type McpRequest = IncomingMessage & { body?: unknown };

export type McpHandler = (request: McpRequest, response: ServerResponse) => Promise<void>;

/** Answers MCP requests whose sender has been checked and whose JSON body has been read. Never rejects. */
export function mcpHandler({
  name,
  version,
  instructions,
  tools,
  identify,
  logger,
  commentEveryMs = COMMENT_EVERY_MS,
}: McpHandlerOptions): McpHandler {
  const byName = new Map(tools.map((tool) => [tool.definition.name, tool]));
  const listing = { tools: tools.map((tool) => tool.definition) };

  async function call(
    { params }: Question,
    headers: IncomingHttpHeaders,
    progress: McpProgress | null,
  ): Promise<CallToolResult | RpcFault> {
    const asked = callSchema.safeParse(params);
    if (!asked.success)
      return fault('invalidParams', 'tools/call takes the name of a tool and its arguments.');
    const tool = byName.get(asked.data.name);
    if (tool) return await callTool(tool, asked.data.arguments, () => identify(headers), logger, progress);
    const known = [...byName.keys()].join(', ');
    return fault('invalidParams', `There is no tool "${asked.data.name}". There are: ${known}.`);
  }

  async function answer(
    question: Question,
    headers: IncomingHttpHeaders,
    progress: McpProgress | null,
  ): Promise<unknown> {
    switch (question.method) {
      case 'initialize': {
        const asked = initializeSchema.safeParse(question.params);
        if (!asked.success) return fault('invalidParams', 'initialize takes a protocolVersion.');
        const { protocolVersion } = asked.data;
        return {
          protocolVersion: isKnown(protocolVersion) ? protocolVersion : PROTOCOL_VERSIONS[0],
          capabilities: { tools: {} },
          serverInfo: { name, version },
          instructions,
        };
      }
      case 'ping':
        return {};
      case 'tools/list':
        return listing;
      case 'tools/call':
        return await call(question, headers, progress);
      default:
        return fault('unknownMethod', 'Method not found');
    }
  }

  return async ({ headers, body }, response) => {
    const refusal = refuse(headers);
    if (refusal) return sendFault(response, refusal.status, 'transport', refusal.message);
    const messages = read(body);
    if (messages === null) return sendFault(response, 400, 'parse', 'This is no message of JSON-RPC 2.0.');
    const questions = messages.filter(isQuestion);
    if (messages.length > MOST_IN_A_BATCH) {
      return sendFault(response, 400, 'invalidRequest', `A batch has ${MOST_IN_A_BATCH} messages at most.`);
    }
    if (messages.length > 1 && questions.some(({ method }) => method === 'initialize')) {
      return sendFault(response, 400, 'invalidRequest', 'initialize comes alone.');
    }
    if (questions.length === 0) {
      response.writeHead(202).end();
      return;
    }
    // Only a stream can carry progress; whoever does not ask for it gets the plainer JSON.
    const streams = questions.some(({ params }) => params?._meta?.progressToken !== undefined);
    if (streams) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
      response.flushHeaders();
      const comments = setInterval(() => response.write(': still here\n\n'), commentEveryMs);
      response.once('close', () => clearInterval(comments));
    }
    const replies = await Promise.all(
      questions.map(async (question) => {
        const reply = toReply(question.id, await answer(question, headers, progressOf(question, response)));
        if (streams) sendEvent(response, reply as JSONRPCMessage);
        return reply;
      }),
    );
    if (streams) response.end();
    else sendJson(response, 200, replies.length === 1 ? replies[0] : replies);
  };
}

function isKnown(version: string): boolean {
  return (PROTOCOL_VERSIONS as readonly string[]).includes(version);
}

function isQuestion(message: Message): message is Question {
  return message.id !== undefined && message.method !== undefined;
}

/** @returns what is wrong with the HTTP of the request, or null */
function refuse(headers: IncomingHttpHeaders): { status: number; message: string } | null {
  const { accept = '' } = headers;
  if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
    return { status: 406, message: 'Send "Accept: application/json, text/event-stream".' };
  }
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return { status: 415, message: 'Send "Content-Type: application/json".' };
  }
  const version = headers['mcp-protocol-version'];
  if (version === undefined || isKnown(String(version))) return null;
  const known = PROTOCOL_VERSIONS.join(', ');
  return { status: 400, message: `The protocol version "${version}" is not known; there are ${known}.` };
}

function read(body: unknown): Message[] | null {
  const result = z
    .array(messageSchema)
    .min(1)
    .safeParse(Array.isArray(body) ? body : [body]);
  return result.success ? result.data : null;
}

function progressOf({ params }: Question, response: ServerResponse): McpProgress | null {
  const progressToken = params?._meta?.progressToken;
  if (progressToken === undefined) return null;
  let told = 0;
  return (message) => {
    const progress: Progress & { progressToken: Id } = { progressToken, progress: ++told, message };
    sendEvent(response, { jsonrpc: '2.0', method: 'notifications/progress', params: progress });
  };
}

class Fault implements RpcFault {
  readonly code: number;
  readonly message: string;

  constructor(code: number, message: string) {
    this.code = code;
    this.message = message;
  }
}

function fault(kind: keyof typeof RPC_ERRORS, message: string): Fault {
  return new Fault(RPC_ERRORS[kind], message);
}

function toReply(id: Id, outcome: unknown): Reply {
  return { jsonrpc: '2.0', id, ...(outcome instanceof Fault ? { error: outcome } : { result: outcome }) };
}

function sendFault(
  response: ServerResponse,
  status: number,
  kind: keyof typeof RPC_ERRORS,
  message: string,
): void {
  sendJson(response, status, { jsonrpc: '2.0', error: fault(kind, message), id: null });
}

function sendEvent(response: ServerResponse, message: JSONRPCMessage): void {
  if (response.writable) response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (!response.writable) return; // the client has left
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
