/** CONNECT, asked of the proxy through which this machine reaches the world (RFC 9110 §9.3.6). */
import type { Socket } from 'node:net';
import type { Target } from './target.ts';

const MOST_HEAD = 16 * 1024;

/**
 * @param socket connected to the proxy; what it sends after its answer stays in there
 * @throws Error with the code `ERR_PROXY_<status>`, `ERR_PROXY_TIMEOUT` or `ERR_PROXY_TUNNEL`; the socket is then destroyed
 */
export function askProxy(
  socket: Socket,
  proxy: string,
  { host, port }: Target,
  withinMs: number,
): Promise<void> {
  const { username, password } = new URL(proxy);
  const login = username === '' ? null : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const head = [
    `CONNECT ${host}:${port} HTTP/1.1`,
    `Host: ${host}:${port}`,
    ...(login === null ? [] : [`Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}`]),
  ];
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const done = (why: string | null): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onGone).off('close', onGone);
      socket.pause();
      if (why === null) {
        resolve();
        return;
      }
      socket.destroy();
      reject(Object.assign(new Error('the proxy did not make the connection'), { code: `ERR_PROXY_${why}` }));
    };
    const onGone = (): void => done('TUNNEL');
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf('\r\n\r\n');
      if (end < 0) {
        if (seen.length > MOST_HEAD) done('TUNNEL');
        return;
      }
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(seen.toString('latin1', 0, 16))?.[1];
      if (status === undefined || !status.startsWith('2')) done(status ?? 'TUNNEL');
      else {
        done(null);
        const rest = seen.subarray(end + 4);
        if (rest.length > 0) socket.unshift(rest);
      }
    };
    const timer = setTimeout(() => done('TIMEOUT'), withinMs);
    socket.on('data', onData).on('error', onGone).on('close', onGone);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
  });
}
