/**
 * One HTTP/1 request that the door can look into, handed on to its host: over a plain connection, or over TLS that is ended
 * here. Every request is looked at, also the later ones of a connection: it must be for the host that was asked for, and pass
 * the limits of the owner's rule. Bodies stream through, both ways, at the pace of the slower side.
 */
import { Agent, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Duplex, pipeline, Transform } from 'node:stream';
import { type BoundSecrets, type Destination, type Filled, StrayStandIn } from '../secrets/bound-secrets.ts';
import type { ByteMatcher } from '../secrets/byte-matcher.ts';
import { forwarded, type Header, valuesOf, withHeader } from './http-headers.ts';
import type { AskedRequest } from './judge.ts';
import { Refusal, refuseRequest, textOf } from './refusal.ts';
import { readHostHeader, shown } from './target.ts';
import { join } from './tunnel.ts';

/** What a client's connection leads to. */
export interface Inside extends Destination {
  limits: ((request: AskedRequest) => string | null) | null;
  secrets: BoundSecrets;
  /** Connections to the host. */
  agent: Agent;
  refused(refusal: Refusal): void;
}

/** Connections to one host, kept for the next request of the same client. @param connect to the host, TLS included */
export function agentFor(connect: () => Promise<Duplex>): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 1 });
  agent.createConnection = (_options, done) => {
    connect().then(
      (socket) => {
        done?.(null, socket);
        socket.resume(); // what was paused while a proxy was asked; whoever reads it listens by then
      },
      (error) => done?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}

/** @param path with its query, as it goes to the host */
export function forward(
  inside: Inside,
  incoming: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  let onward: ReturnType<typeof ask>;
  let sent: Filled['sent'];
  try {
    const made = prepared(inside, incoming, path, false);
    sent = made.sent;
    onward = ask(made.options);
  } catch (error) {
    refuse(inside, incoming, response, error);
    return;
  }
  onward.on('continue', () => response.writeContinue());
  onward.on('response', (answer) => {
    const { status, message, headers, matcher } = cleaned(inside, answer, sent);
    response.sendDate = false;
    response.writeHead(status, message, headers.flat());
    // Cut at the host it is cut here too, or it would look like a whole answer.
    const ended = (): void => undefined;
    if (matcher === null) pipeline(answer, response, ended);
    else pipeline(answer, replacing(matcher), response, ended);
  });
  onward.on('error', (error) => {
    // A kept connection that the host has closed meanwhile: clients know that, and ask again.
    if (onward.reusedSocket && !response.headersSent) response.destroy();
    else refuse(inside, incoming, response, error);
  });
  response.on('close', () => {
    if (!response.writableFinished) onward.destroy();
  });
  if (incoming.headers.expect !== undefined) onward.flushHeaders(); // the body waits for what the host says to them
  const watch = inside.secrets.watch(inside);
  const bodySent = (error: unknown): void => {
    if (error instanceof StrayStandIn) refuse(inside, incoming, response, error);
  };
  if (watch === null) pipeline(incoming, onward, bodySent);
  else pipeline(incoming, watching(watch), onward, bodySent);
}

/** A request to become something else, such as a WebSocket. */
export function forwardUpgrade(
  inside: Inside,
  incoming: IncomingMessage,
  near: Duplex,
  head: Buffer,
  path: string,
): void {
  near.on('error', () => near.destroy());
  let onward: ReturnType<typeof ask>;
  let sent: Filled['sent'];
  try {
    const made = prepared(inside, incoming, path, true);
    sent = made.sent;
    onward = ask(made.options);
  } catch (error) {
    refuseUpgrade(inside, incoming, near, error);
    return;
  }
  onward.on('upgrade', (answer, far, farHead) => {
    near.write(
      headOf(inside, answer, sent, ['Connection: Upgrade', `Upgrade: ${answer.headers.upgrade ?? ''}`]),
    );
    if (farHead.length > 0) far.unshift(farHead);
    if (head.length > 0) near.unshift(head);
    void join(near, far);
  });
  onward.on('response', (answer) => {
    near.write(headOf(inside, answer, sent, ['Connection: close']));
    pipeline(answer, near, () => near.destroy());
  });
  onward.on('error', (error) => refuseUpgrade(inside, incoming, near, error));
  near.on('close', () => onward.destroy());
  onward.end();
}

/** @throws Refusal, StrayStandIn */
function prepared(inside: Inside, incoming: IncomingMessage, path: string, isUpgrade: boolean) {
  const { method = 'GET', rawHeaders } = incoming;
  checkHost(inside, rawHeaders);
  if (method === 'TRACE' || method === 'CONNECT') {
    throw new Refusal('limits', `The door takes no ${method} here.`);
  }
  const hasBody = 'content-length' in incoming.headers || 'transfer-encoding' in incoming.headers;
  const beyond = inside.limits?.({ method, path, hasBody, isUpgrade }) ?? null;
  if (beyond !== null) throw new Refusal('limits', beyond);
  const filled = inside.secrets.fill(inside, forwarded(rawHeaders).flat(), path);
  let headers = forwarded(filled.headers);
  // Compressed, a value that comes back could not be seen.
  if (inside.secrets.areFor(inside)) headers = withHeader(headers, 'Accept-Encoding', 'identity');
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push(['Transfer-Encoding', 'chunked']);
  if (isUpgrade) headers.push(['Connection', 'Upgrade'], ['Upgrade', incoming.headers.upgrade ?? '']);
  else headers.push(['Connection', 'keep-alive']);
  const options = {
    agent: inside.agent,
    host: inside.host,
    port: inside.port,
    method,
    path: filled.path,
    headers: headers.flat() as never, // one after the other: repeated ones, case and order stay as they are
    setHost: false,
  };
  return { options, sent: filled.sent };
}

/** @throws Refusal */
export function checkHost({ host, port, isSecure }: Destination, flat: readonly string[]): void {
  const hosts = valuesOf(flat, 'host');
  const [text = ''] = hosts;
  const named = hosts.length === 1 ? readHostHeader(text, isSecure ? 443 : 80) : null;
  if (named?.host === host && named.port === port) return;
  throw new Refusal(
    'other-host',
    `This connection is for "${host}:${port}", and the request on it asks for ${hosts.length === 1 ? shown(text) : 'no host, or for several'}. The door lets each host through by itself alone.`,
  );
}

function cleaned(inside: Inside, answer: IncomingMessage, sent: Filled['sent']) {
  const unfill = inside.isSecure ? inside.secrets.unfill(inside, sent) : null;
  const plain = forwarded(answer.rawHeaders);
  const headers = unfill === null ? plain : plain.map(([name, value]): Header => [name, unfill.text(value)]);
  const coding = answer.headers['content-encoding'];
  const isReadable = coding === undefined || coding === 'identity';
  return {
    status: answer.statusCode ?? 502,
    message: answer.statusMessage ?? '',
    headers,
    matcher: isReadable ? (unfill?.matcher() ?? null) : null,
  };
}

function headOf(
  inside: Inside,
  answer: IncomingMessage,
  sent: Filled['sent'],
  more: readonly string[],
): string {
  const { status, message, headers } = cleaned(inside, answer, sent);
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), ...more];
  return `HTTP/1.1 ${status} ${message}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

export function replacing(matcher: ByteMatcher): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, matcher.push(chunk).ready),
    flush: (done) => done(null, matcher.end()),
  });
}

export function watching(watch: (chunk: Buffer) => StrayStandIn | null): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const stray = watch(chunk);
      if (stray) done(stray);
      else done(null, chunk);
    },
  });
}

export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StrayStandIn) return new Refusal('stand-in', error.message, error, error.secret.name);
  const { code, message } = error as NodeJS.ErrnoException;
  return new Refusal('unreachable', `The host ended the connection (${code ?? message}).`, error);
}

function refuse(inside: Inside, incoming: IncomingMessage, response: ServerResponse, error: unknown): void {
  const refusal = asRefusal(error);
  if (response.destroyed) return;
  inside.refused(refusal);
  refuseRequest(response, incoming, refusal);
}

function refuseUpgrade(inside: Inside, incoming: IncomingMessage, near: Duplex, error: unknown): void {
  if (near.destroyed) return;
  const refusal = asRefusal(error);
  inside.refused(refusal);
  const { type, body } = textOf(incoming, refusal);
  const lines = [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  near.end(`HTTP/1.1 ${refusal.status} Refused\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
