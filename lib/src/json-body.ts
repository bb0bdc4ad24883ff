/** The body of a request as JSON. What is refused leaves the connection good for saying so. */
import type { IncomingMessage } from 'node:http';
import { HttpProblem } from './http-problem.ts';
import { jsonBodyProblem } from './json-depth.ts';

/** It is no JSON at all, for which JSON-RPC has words of its own. */
export class NotJson extends HttpProblem {
  override name = 'NotJson';

  constructor() {
    super('bad-request', 'The request body is not valid JSON.');
  }
}

/** The client left in the middle of its body, so nobody is there to be told anything. */
export class ClientLeft extends Error {
  override name = 'ClientLeft';
}

/**
 * @param mostBytes what is longer is refused, and not kept
 * @returns undefined where there is no body, or one of another type
 * @throws NotJson, another HttpProblem, ClientLeft
 */
export async function readJsonBody(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!/^application\/json\s*(;|$)/i.test(type)) return undefined;
  if (encoding.toLowerCase() !== 'identity') {
    throw new HttpProblem(
      'unsupported-media-type',
      `The request body is encoded as ${encoding}; send plain UTF-8 JSON.`,
    );
  }
  const body = await readBytes(request, mostBytes);
  if (body.length === 0) return undefined;
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? 'utf-8';
  const problem = jsonBodyProblem(body, charset.toLowerCase());
  if (problem !== null) throw new HttpProblem('bad-request', problem);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new NotJson();
  }
}

function readBytes(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= mostBytes) pieces.push(piece);
      else {
        // The rest is read all the same and dropped, because a client that is still writing would not read the refusal.
        pieces.length = 0;
        reject(new HttpProblem('payload-too-large', `The request body is larger than ${mostBytes} bytes.`));
      }
    });
    request.once('end', () => resolve(Buffer.concat(pieces)));
    const left = (cause?: Error): void =>
      reject(new ClientLeft('the client left in the middle of its request', { cause }));
    request.once('error', left);
    request.once('close', left);
  });
}
