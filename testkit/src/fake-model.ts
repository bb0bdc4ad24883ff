/**
 * An OpenAI-compatible chat-completions server whose every answer a test scripts. It streams as such servers do (text,
 * reasoning and tool arguments in pieces, then usage, then [DONE]) and fails as they do: a status, or a connection cut
 * in mid-answer. A `gate` holds an answer until the test opens it, so that no test has to guess times.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedToolCall {
  id: string;
  name: string;
  /** JSON text, as a model writes it; streamed in a few pieces. */
  arguments: string;
}

export interface ScriptedAnswer {
  /** Pieces of text, one chunk each. */
  text?: readonly string[];
  reasoning?: readonly string[];
  toolCalls?: readonly ScriptedToolCall[];
  /** Answers with this status and `body` instead. */
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Breaks the connection after the last piece, without a finish reason. */
  cut?: boolean;
  finishReason?: string;
  usage?: {
    prompt_tokens: number;
    completion_tokens: number;
    prompt_tokens_details?: { cached_tokens: number };
  };
  /** Awaited before each piece of text: a delay, or a gate that the test opens. */
  beforePiece?: (index: number) => Promise<void>;
}

export interface ModelMessage {
  role: string;
  content?: unknown;
  tool_calls?: Array<{ id: string; function: { name: string; arguments: string } }>;
  tool_call_id?: string;
}

export interface ModelRequest {
  model: string;
  messages: ModelMessage[];
  tools?: Array<{ function: { name: string; parameters: unknown } }>;
  [setting: string]: unknown;
}

export interface FakeModel {
  /** `http://<host>:<port>/v1`. */
  readonly baseUrl: string;
  readonly requests: ModelRequest[];
  /** Authorization headers, one a request. */
  readonly authorizations: Array<string | undefined>;
  /** Requests whose client left before the answer was complete. */
  readonly abandoned: number;
  close(): Promise<void>;
}

export type Script = (request: ModelRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>;

const DEFAULT_USAGE = {
  prompt_tokens: 120,
  completion_tokens: 12,
  prompt_tokens_details: { cached_tokens: 40 },
};

/** @param host the bridge of a container network, for a client in a container; loopback for all others */
export async function startFakeModel(script: Script, port = 0, host = '127.0.0.1'): Promise<FakeModel> {
  const requests: ModelRequest[] = [];
  const authorizations: Array<string | undefined> = [];
  let abandoned = 0;
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (!request.url?.endsWith('/chat/completions')) {
      response
        .writeHead(404, { 'Content-Type': 'application/json' })
        .end('{"error":{"message":"not found"}}');
      return;
    }
    response.on('close', () => {
      if (!response.writableFinished) abandoned++;
    });
    const body = JSON.parse(Buffer.concat(pieces).toString()) as ModelRequest;
    requests.push(body);
    authorizations.push(request.headers.authorization);
    await play(await script(body, requests.length - 1), body, response);
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    baseUrl: `http://${host}:${(server.address() as AddressInfo).port}/v1`,
    requests,
    authorizations,
    get abandoned() {
      return abandoned;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function play(answer: ScriptedAnswer, request: ModelRequest, response: ServerResponse): Promise<void> {
  if (answer.status !== undefined) {
    response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body ?? { error: { message: `scripted ${answer.status}` } }));
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', ...answer.headers });
  response.flushHeaders();
  const chunk = (delta: unknown, finishReason: string | null = null): void => {
    const data = {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: request.model,
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    };
    response.write(`data: ${JSON.stringify(data)}\n\n`);
  };
  let index = 0;
  for (const piece of answer.reasoning ?? []) chunk({ reasoning_content: piece });
  for (const piece of answer.text ?? []) {
    await answer.beforePiece?.(index++);
    if (response.destroyed) return;
    chunk({ role: 'assistant', content: piece });
  }
  for (const [position, call] of (answer.toolCalls ?? []).entries()) {
    const base = { index: position, id: call.id, type: 'function' };
    chunk({ tool_calls: [{ ...base, function: { name: call.name, arguments: '' } }] });
    for (const piece of call.arguments.match(/[\s\S]{1,12}/g) ?? []) {
      chunk({ tool_calls: [{ index: position, function: { arguments: piece } }] });
    }
  }
  if (answer.cut) {
    // Written text must reach the client before the connection breaks.
    response.write(': cut\n\n', () => response.destroy());
    return;
  }
  chunk({}, answer.finishReason ?? (answer.toolCalls?.length ? 'tool_calls' : 'stop'));
  const usage = answer.usage ?? DEFAULT_USAGE;
  const closing = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: request.model };
  response.write(`data: ${JSON.stringify({ ...closing, choices: [], usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** Text of the last user message, whatever form it has. */
export function lastUserText(request: ModelRequest): string {
  const content = request.messages.findLast((message) => message.role === 'user')?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('');
}

/** Whether the model is asked again after its tools have answered. */
export function afterTools(request: ModelRequest): boolean {
  return request.messages.at(-1)?.role === 'tool';
}
