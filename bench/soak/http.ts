/** One request to the gateway, that may be cut off at any point. */
import { type IncomingMessage, request } from 'node:http';
import type { NumberedEvent } from '@mobyclaw/protocol/events';

export interface Call {
  port: number;
  token: string;
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Where a request ends that was not answered to its end; whether it was heard is not known. */
export class CutOffError extends Error {
  override name = 'CutOffError';
}

/** @throws CutOffError */
export function send({ port, token, method, path, headers, body }: Call): Promise<IncomingMessage> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: {
        authorization: `Bearer ${token}`,
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      },
    });
    call.once('response', resolve);
    call.on('error', (cause) => reject(new CutOffError(`${method} ${path} was cut off`, { cause })));
    call.end(payload);
  });
}

/** @throws CutOffError */
export async function sendForJson(call: Call): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await send(call);
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
  } catch (cause) {
    throw new CutOffError(`${call.method} ${call.path} was cut off`, { cause });
  }
  if (!response.complete) throw new CutOffError(`${call.method} ${call.path} was cut off`);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}

/** The events of a body, to its end or to where it was cut off. */
export async function* readEvents(response: IncomingMessage): AsyncGenerator<NumberedEvent> {
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const match = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(block);
        if (match)
          yield { id: Number(match[1]), type: match[2], data: JSON.parse(match[3] ?? '') } as NumberedEvent;
      }
    }
  } catch (cause) {
    if (!response.destroyed) throw cause; // otherwise it was cut off, which the caller sees by the missing end
  }
}
