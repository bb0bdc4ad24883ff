/**
 * A connection of HTTP/2 whose TLS is ended here, handed on stream by stream. Clients may put requests for several hosts on
 * one connection where its certificate would do (RFC 9113 §9.1.1): ours names one host, and each stream is checked all the same.
 */
import {
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { pipeline } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { StrayStandIn } from '../secrets/bound-secrets.ts';
import { asRefusal, checkHost, type Inside, replacing, watching } from './forward.ts';
import { Refusal, textOf } from './refusal.ts';

const MOST_STREAMS = 256;
const MOST_HEADERS = 32 * 1024;

/** @returns when the client's connection has ended */
export function forwardHttp2(inside: Inside, near: TLSSocket, far: TLSSocket): Promise<void> {
  const host = connect(`https://${inside.host}:${inside.port}`, { createConnection: () => far });
  const session: ServerHttp2Session = performServerHandshake(near, {
    settings: {
      maxConcurrentStreams: MOST_STREAMS,
      enableConnectProtocol: false,
      maxHeaderListSize: MOST_HEADERS,
    },
  });
  return new Promise((resolve) => {
    session.on('stream', (stream, headers) => forwardStream(inside, host, stream, headers));
    session.on('error', () => host.destroy());
    session.on('close', () => {
      host.destroy();
      resolve();
    });
    host.on('error', () => undefined); // its end follows
    host.on('close', () => session.close());
    host.on('goaway', () => session.close());
    if (near.destroyed) session.destroy();
  });
}

function forwardStream(
  inside: Inside,
  host: ReturnType<typeof connect>,
  near: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  near.on('error', () => undefined); // its end follows
  let far: ClientHttp2Stream;
  let unfill: ReturnType<Inside['secrets']['unfill']>;
  try {
    const filled = fill(inside, headers, near.endAfterHeaders);
    unfill = inside.secrets.unfill(inside, filled.sent);
    far = host.request(filled.headers, { endStream: near.endAfterHeaders });
  } catch (error) {
    refuse(inside, near, headers, error);
    return;
  }
  const changed = (given: IncomingHttpHeaders): OutgoingHttpHeaders => {
    const out: OutgoingHttpHeaders = {};
    for (const [name, value] of Object.entries(given)) out[name] = unfill ? each(value, unfill.text) : value;
    return out;
  };
  let trailers: OutgoingHttpHeaders | null = null;
  far.on('response', (answer) => {
    if (near.destroyed || near.headersSent) return;
    near.respond(changed(answer), { waitForTrailers: true });
    near.on('wantTrailers', () => near.sendTrailers(trailers ?? {}));
    const coding = answer['content-encoding'];
    const isReadable = coding === undefined || coding === 'identity';
    if (unfill && isReadable) pipeline(far, replacing(unfill.matcher()), near, () => undefined);
    else pipeline(far, near, () => undefined);
  });
  far.on('trailers', (given) => {
    trailers = changed(given);
  });
  far.on('error', (error) => refuse(inside, near, headers, error));
  near.on('close', () => {
    if (!far.closed) far.close(near.rstCode || constants.NGHTTP2_CANCEL);
  });
  if (near.endAfterHeaders) return;
  const watch = inside.secrets.watch(inside);
  const sent = (error: unknown): void => {
    if (error instanceof StrayStandIn) refuse(inside, near, headers, error);
  };
  if (watch === null) pipeline(near, far, sent);
  else pipeline(near, watching(watch), far, sent);
}

/** @throws Refusal, StrayStandIn */
function fill(inside: Inside, headers: IncomingHttpHeaders, isWithoutBody: boolean) {
  const method = headers[':method'] ?? 'GET';
  const path = headers[':path'] ?? '';
  // Whoever reads only one of the two must find the same host in it.
  checkHost(inside, ['host', headers[':authority'] ?? headers.host ?? '']);
  if (headers.host !== undefined) checkHost(inside, ['host', headers.host]);
  if (headers[':scheme'] !== 'https' || !path.startsWith('/') || method === 'TRACE' || method === 'CONNECT') {
    throw new Refusal('limits', `The door takes no ${method} of this kind here.`);
  }
  const beyond = inside.limits?.({ method, path, hasBody: !isWithoutBody, isUpgrade: false }) ?? null;
  if (beyond !== null) throw new Refusal('limits', beyond);
  const flat: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':')) continue;
    for (const one of Array.isArray(value) ? value : [value ?? '']) flat.push(name, one);
  }
  const filled = inside.secrets.fill(inside, flat, path);
  const out: Record<string, string | string[]> = {};
  for (let at = 0; at < filled.headers.length; at += 2) {
    const [name = '', value = ''] = filled.headers.slice(at, at + 2);
    const there = out[name];
    out[name] = there === undefined ? value : [there, value].flat();
  }
  if (inside.secrets.areFor(inside)) out['accept-encoding'] = 'identity';
  const authority = headers[':authority'] ?? headers.host;
  return {
    sent: filled.sent,
    headers: { ...out, ':method': method, ':path': filled.path, ':scheme': 'https', ':authority': authority },
  };
}

function each(
  value: string | string[] | undefined,
  change: (text: string) => string,
): string | string[] | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' && !Array.isArray(value)) return value; // :status is a number
  return typeof value === 'string' ? change(value) : value.map(change);
}

function refuse(inside: Inside, near: ServerHttp2Stream, headers: IncomingHttpHeaders, error: unknown): void {
  const refusal = asRefusal(error);
  if (near.destroyed || near.headersSent) {
    near.close(constants.NGHTTP2_CANCEL);
    return;
  }
  inside.refused(refusal);
  const { type, body } = textOf({ headers }, refusal);
  near.respond({ ':status': refusal.status, 'content-type': type });
  near.end(body);
}
