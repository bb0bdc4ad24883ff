/**
 * `fetch` for model providers that mends how some of them answer, so that the provider packages understand it:
 * - an error that comes with a 200, as JSON or in the stream, keeps its words;
 * - a chat completion that ends with `[DONE]` and no finish_reason has ended: it is not broken off.
 */
import { asHttpStatus } from './http-status.ts';

type Fetch = typeof fetch;

/** @param chat whether the answers are streams of chat completion chunks */
export function answerFetch(send: Fetch, { chat }: { chat: boolean }): Fetch {
  return async (input, init) => {
    const response = await send(input, init);
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || !response.body) return response;
    if (type.includes('json') || type.includes('text/html')) return await whole(response, type);
    return chat ? mendStream(response) : response;
  };
}

/** A stream was asked for. An answer in one piece that is an error becomes one by its status, too. */
async function whole(response: Response, type: string): Promise<Response> {
  const text = await response.text();
  const { headers } = response;
  const error = type.includes('json')
    ? errorIn(text)
    : { message: `a page of the type ${type} instead of an answer` };
  if (error === null) return new Response(text, { status: response.status, headers });
  return new Response(JSON.stringify({ error }), {
    status: asHttpStatus(error) ?? 502, // it was none of the request's, as far as anybody says
    headers: { 'content-type': 'application/json' },
  });
}

/** @returns the error of `{"error": …}` as an object with a message, or null where the text is no such thing */
function errorIn(json: string): { message: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (Array.isArray(value)) value = value[0]; // Google's form
  const { error, choices } = (value ?? {}) as { error?: unknown; choices?: unknown };
  if (error === undefined || error === null || choices !== undefined) return null;
  if (typeof error !== 'object') return { message: String(error) };
  const { message } = error as { message?: unknown };
  return { ...error, message: typeof message === 'string' ? message : JSON.stringify(error) };
}

function mendStream(response: Response): Response {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const end = new AnswerEnd();
  let rest = '';
  const mended = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0)
        controller.enqueue(encoder.encode(lines.map((line) => `${end.line(line)}\n`).join('')));
    },
    flush(controller) {
      const last = rest + decoder.decode();
      if (last !== '') controller.enqueue(encoder.encode(`${end.line(last)}\n\n`));
    },
  });
  const { status, headers } = response;
  return new Response((response.body as ReadableStream<Uint8Array>).pipeThrough(mended), { status, headers });
}

/** Sees the lines of one stream of chat completion chunks go by. */
class AnswerEnd {
  #finished = false;
  #calls = false;

  line(line: string): string {
    const data = /^data:\s*(.*?)\s*$/.exec(line)?.[1];
    if (data === undefined) return line;
    if (data === '[DONE]') return this.#finished ? line : `${this.#finish()}${line}`;
    if (/"finish_reason"\s*:\s*"/.test(data)) this.#finished = true;
    if (/"tool_calls"\s*:\s*\[\s*\{/.test(data)) this.#calls = true;
    if (!data.includes('"error"')) return line;
    const error = errorIn(data);
    if (error === null) return line;
    this.#finished = true; // the error is the end
    return `data: ${JSON.stringify({ error })}`;
  }

  #finish(): string {
    const reason = this.#calls ? 'tool_calls' : 'stop';
    const chunk = { choices: [{ index: 0, delta: {}, finish_reason: reason }] };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }
}
