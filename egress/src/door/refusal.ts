/** Why the door lets something not through, said to whoever asked in the form that he can show. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

export type RefusalReason =
  | 'request' // no request that a proxy can be sent
  | 'name' // no name of a host
  | 'rule' // the owner's rule, or his answer
  | 'limits' // a method or a path beyond the rule
  | 'address' // the name leads where nothing is dialled
  | 'other-host' // what is inside asks for another host than the connection
  | 'protocol' // neither TLS nor HTTP inside, or nothing
  | 'stand-in' // the stand-in of a secret, on its way to somebody else
  | 'unreachable' // allowed, and does not answer
  | 'busy';

const STATUS: Partial<Record<RefusalReason, number>> = {
  request: 400,
  name: 403,
  unreachable: 502,
  busy: 503,
};

export class Refusal extends Error {
  override name = 'Refusal';
  readonly reason: RefusalReason;
  /** What it is about, for the log: the name of a secret. */
  readonly about: string | null;

  /** @param message sentences for people and models: what was refused, why, and how it is allowed */
  constructor(reason: RefusalReason, message: string, cause?: unknown, about: string | null = null) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
    this.about = about;
  }

  get status(): number {
    return STATUS[this.reason] ?? 403;
  }
}

/** In answer to CONNECT, after which the connection ends. Most programs show the first line alone, so it says the reason too. */
export function refuseConnect(socket: Duplex, request: IncomingMessage, refusal: Refusal): void {
  const { type, body } = textOf(request, refusal);
  const length = Buffer.byteLength(body);
  // Latin letters alone, and short: it is a line of HTTP.
  const [first = ''] = refusal.message.replace(/[^\x20-\x7e]+/g, ' ').split(/(?<=[^.]\.)(?= )/);
  const phrase = first.slice(0, 200) || STATUS_CODES[refusal.status];
  socket.end(
    `HTTP/1.1 ${refusal.status} ${phrase}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** In answer to a request; the connection ends with it, so that nothing of a body that is under way is taken for the next one. */
export function refuseRequest(response: ServerResponse, request: IncomingMessage, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { type, body } = textOf(request, refusal);
  response.writeHead(refusal.status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
  request.resume(); // what still comes is thrown away, or a client that sends on would never read this
}

export function textOf(
  request: Pick<IncomingMessage, 'headers'>,
  refusal: Refusal,
): { type: string; body: string } {
  if (!/\bapplication\/problem\+json\b/.test(request.headers.accept ?? '')) {
    return { type: 'text/plain; charset=utf-8', body: `${refusal.message}\n` };
  }
  const { status, message: detail, reason } = refusal;
  const problem = { type: `/problems/${reason}`, title: STATUS_CODES[status], status, detail };
  return { type: 'application/problem+json', body: JSON.stringify(problem) };
}
