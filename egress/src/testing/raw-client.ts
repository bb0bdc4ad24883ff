/** A client that says to the door exactly what a test wants it to. */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

export interface Answer {
  status: number;
  /** All that came, head and body. */
  text: string;
}

/** Sends this and reads until the connection ends. */
export function say(port: number, text: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: statusOf(seen), text: seen }));
  });
}

/** @returns the tunnel that the door has made */
export async function tunnel(port: number, target: string, headers = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${headers}\r\n`);
  const head = await new Promise<string>((resolve, reject) => {
    socket.once('data', (chunk) => resolve(chunk.toString('latin1')));
    socket.once('close', () => reject(new Error('closed')));
  });
  if (statusOf(head) !== 200) throw new Error(head);
  return socket;
}

export function tlsIn(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({ ...options, socket }, () => resolve(secure));
    secure.on('error', reject);
    secure.on('close', () => reject(new Error('closed')));
  });
}

/** All that comes until the connection ends. */
export function rest(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(seen));
  });
}

function statusOf(text: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
}
