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
  const { status, headers, body } = response;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const end = new AnswerEnd();
  let rest = '';
  /** @returns the piece itself where nothing had to be mended, which is nearly always */
  const mended = (piece: Uint8Array): Uint8Array => {
    const text = rest + decoder.decode(piece, { stream: true });
    const whole = text.lastIndexOf('\n') + 1;
    const mendedText = end.lines(text.slice(0, whole));
    const untouched = rest === '' && whole === text.length && mendedText === text;
    rest = text.slice(whole);
    return untouched ? piece : encoder.encode(mendedText);
  };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          const last = rest + decoder.decode();
          if (last !== '') controller.enqueue(encoder.encode(`${end.lines(last)}\n\n`));
          return controller.close();
        }
        const piece = mended(value);
        if (piece.length > 0) return controller.enqueue(piece);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(stream, { status, headers });
}

/** Sees the lines of one stream of chat completion chunks go by. */
class AnswerEnd {
  #finished = false;
  #calls = false;

  lines(text: string): string {
    return text
      .split('\n')
      .map((line) => this.#line(line))
      .join('\n');
  }

  #line(line: string): string {
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
