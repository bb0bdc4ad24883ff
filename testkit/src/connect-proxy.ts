/**
 * An HTTP proxy for tests: CONNECT and requests with a whole address. The hosts behind it exist by its word alone, so what
 * arrives at one of them came through it; those with a certificate speak TLS, which ends in the proxy.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

export interface FarHost {
  /** Of the server on 127.0.0.1 that is this host. */
  port: number;
  /** Where the host speaks TLS. */
  certificate?: Certificate;
}

export interface Certificate {
  key: string;
  cert: string;
}

export interface ConnectProxy {
  /** Its address, with the name and the password if it wants some. */
  readonly url: string;
  readonly port: number;
  /** `CONNECT host:port`, or method and address, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** By host and port, such as `api.telegram.test:443`. Others are not let through (403). */
  hosts?: Record<string, FarHost>;
  /** `user:password` that it wants. */
  login?: string;
  /** It takes connections and never answers. */
  silent?: boolean;
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { hosts = {}, login, silent = false } = options;
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;

  const server = http.createServer((request, response) => {
    if (silent) return;
    asked.push(`${request.method} ${request.url}`);
    const refused = refusal(request, URL.parse(request.url ?? '')?.host);
    if (refused !== null) return void response.writeHead(refused).end();
    const { pathname, search, host, port } = new URL(request.url ?? '');
    const far = hosts[port === '' ? `${host}:80` : host] as FarHost;
    const { method, headers } = request;
    const onward = http.request(
      { host: '127.0.0.1', port: far.port, path: pathname + search, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('connect', (request, socket) => {
    if (silent) return;
    asked.push(`CONNECT ${request.url}`);
    const refused = refusal(request, request.url);
    if (refused !== null) return void socket.end(`HTTP/1.1 ${refused} Refused\r\n\r\n`);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    tunnel(socket as Socket, hosts[request.url ?? ''] as FarHost);
  });

  function refusal(request: http.IncomingMessage, host: string | undefined): number | null {
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) return 407;
    const named = host?.includes(':') ? host : `${host}:80`;
    return hosts[named] ? null : 403;
  }

  function tunnel(near: Socket, { port, certificate }: FarHost): void {
    const client = certificate ? new TLSSocket(near, { isServer: true, ...certificate }) : near;
    const far = connect(port, '127.0.0.1');
    sockets.add(far);
    far.on('close', () => sockets.delete(far));
    for (const [one, other] of [
      [client, far],
      [far, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [user = '', ...rest] = login?.split(':') ?? [];
  const name =
    login === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(rest.join(':'))}@`;
  return {
    url: `http://${name}127.0.0.1:${port}`,
    port,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/**
 * A certificate that signs itself, for these hosts, by `openssl`.
 * @returns it, and the path under which a process takes it for an authority (NODE_EXTRA_CA_CERTS)
 */
export function makeCertificate(folder: string, hosts: readonly string[]): Certificate & { path: string } {
  const [key, path] = [join(folder, 'far.key'), join(folder, 'far.crt')];
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`;
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const about = ['-keyout', key, '-out', path, '-days', '2', '-subj', '/CN=far', '-addext', names];
  execFileSync('openssl', [...request, ...about], { stdio: 'pipe' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(path, 'utf8'), path };
}
