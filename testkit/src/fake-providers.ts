/**
 * A server that answers as the providers of models do, each in its own form: Anthropic's messages, OpenAI's chat completions
 * and responses, Google's generateContent; as a stream or in one piece, as it is asked. What it was asked with is kept, so
 * that a test sees what arrived, and a `gate` holds each answer behind its first piece.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProviderRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface FakeProviders {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly requests: ProviderRequest[];
  /** Requests whose client left before the answer was complete. */
  readonly abandoned: number;
  close(): Promise<void>;
}

export interface FakeProvidersOptions {
  /** Awaited behind the first piece of each answer. */
  gate?: (index: number) => Promise<void>;
  /** Answers with this status instead. */
  status?: number;
  /** Ends the connection behind the first piece. */
  cut?: boolean;
}

const WORDS = ['Hello', ' from', ' here'];

type Form = { pieces: string[]; whole: unknown };

const event = (data: unknown, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

/** @see https://platform.claude.com/docs/en/api/messages-streaming */
function anthropic(): Form {
  const usage = { input_tokens: 30, cache_read_input_tokens: 50, cache_creation_input_tokens: 20 };
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage };
  const typed = (data: { type: string }): string => event(data, data.type);
  const delta = (text: string) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text },
  });
  const stopped = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 12 } };
  return {
    pieces: [
      typed({ type: 'message_start', message } as { type: string }) +
        typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as {
          type: string;
        }),
      ...WORDS.map((word) => typed(delta(word))),
      typed({ type: 'content_block_stop', index: 0 } as { type: string }) +
        typed(stopped) +
        typed({ type: 'message_stop' }),
    ],
    whole: {
      ...message,
      content: [{ type: 'text', text: WORDS.join('') }],
      stop_reason: 'end_turn',
      usage: { ...usage, output_tokens: 12 },
    },
  };
}

function chat(): Form {
  const usage = { prompt_tokens: 100, completion_tokens: 12, prompt_tokens_details: { cached_tokens: 40 } };
  const chunk = (delta: object, finish_reason: string | null = null) =>
    event({
      id: 'c',
      object: 'chat.completion.chunk',
      model: 'm',
      choices: [{ index: 0, delta, finish_reason }],
    });
  const message = { role: 'assistant', content: WORDS.join('') };
  return {
    pieces: [
      ...WORDS.map((content) => chunk({ role: 'assistant', content })),
      `${chunk({}, 'stop')}${event({ id: 'c', choices: [], usage })}data: [DONE]\n\n`,
    ],
    whole: {
      id: 'c',
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    },
  };
}

function responses(): Form {
  const usage = { input_tokens: 100, output_tokens: 12, input_tokens_details: { cached_tokens: 40 } };
  const response = { id: 'r', object: 'response', output: [], usage };
  const delta = (text: string) => ({ type: 'response.output_text.delta', delta: text });
  return {
    pieces: [
      ...WORDS.map((word) => event(delta(word), 'response.output_text.delta')),
      event({ type: 'response.completed', response }, 'response.completed'),
    ],
    whole: response,
  };
}

function google(): Form {
  const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 9, thoughtsTokenCount: 3 };
  const said = (text: string) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] });
  return {
    pieces: [...WORDS.map((word) => event(said(word))), event({ ...said(''), usageMetadata })],
    whole: { ...said(WORDS.join('')), usageMetadata },
  };
}

function formOf(path: string): Form | null {
  if (path.endsWith('/messages')) return anthropic();
  if (path.endsWith('/chat/completions')) return chat();
  if (path.endsWith('/responses')) return responses();
  return /:(streamG|g)enerateContent$/.test(path) ? google() : null;
}

export async function startFakeProviders(options: FakeProvidersOptions = {}): Promise<FakeProviders> {
  const requests: ProviderRequest[] = [];
  let abandoned = 0;
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned++;
    });
    const body = await textOf(request).catch(() => null);
    if (body === null) return; // it left in the middle
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body });
    await play(url, body, response, requests.length - 1, options);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
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

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

async function play(
  url: string,
  body: string,
  response: ServerResponse,
  index: number,
  { gate, status, cut = false }: FakeProvidersOptions,
): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const path = url.split('?', 1)[0] ?? '';
  const form = formOf(path);
  if (status !== undefined || !form) {
    response.writeHead(status ?? 200, json);
    return void response.end(
      JSON.stringify(status === undefined ? { data: [] } : { error: { message: 'no' } }),
    );
  }
  const streams = path.endsWith(':streamGenerateContent') || /"stream"\s*:\s*true/.test(body);
  if (!streams) return void response.writeHead(200, json).end(JSON.stringify(form.whole));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [at, piece] of form.pieces.entries()) {
    if (at === 1) await gate?.(index);
    if (response.destroyed) return;
    response.write(piece);
    if (at === 0 && cut) return void response.write(': cut\n\n', () => response.destroy());
  }
  response.end();
}
