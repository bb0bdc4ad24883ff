/**
 * The way of Slack's websocket through a proxy: undici's, which is given a dispatcher of ours (an option of the library's)
 * that makes the handshake by an agent that knows the proxy.
 * https://github.com/nodejs/undici/blob/main/docs/docs/api/Dispatcher.md, "DispatchHandler"
 */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { sharedAgent } from '@mobyclaw/lib/outside-agent';
import { proxyOf } from '@mobyclaw/lib/proxy';

interface DispatchOptions {
  origin: string | URL;
  path: string;
  method: string;
  headers: Record<string, string>;
}

interface Controller {
  rawHeaders: Buffer[];
  abort(reason?: Error): void;
}

interface Handler {
  onRequestStart(controller: Controller, context: object): void;
  onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: http.IncomingHttpHeaders,
    socket: Duplex,
  ): void;
  onResponseError(controller: Controller, error: Error): void;
}

export class ProxyDispatcher {
  readonly #sockets = new Set<Duplex>();

  /** @returns null where the environment names no proxy for it */
  static make(): ProxyDispatcher | null {
    return proxyOf('https:', process.env) === null ? null : new ProxyDispatcher();
  }

  dispatch({ origin, path, method, headers }: DispatchOptions, handler: Handler): boolean {
    const url = new URL(path, origin);
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: { ...headers, connection: 'Upgrade', upgrade: 'websocket' },
      agent: sharedAgent(url),
    });
    const controller: Controller = { rawHeaders: [], abort: (reason) => void request.destroy(reason) };
    handler.onRequestStart(controller, {});
    request.on('error', (error) => handler.onResponseError(controller, error));
    request.on('response', ({ statusCode }) => {
      request.destroy(new Error(`Slack did not open the socket (HTTP ${statusCode}).`));
    });
    request.on('upgrade', (answer, socket, head) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      if (head.length > 0) socket.unshift(head);
      controller.rawHeaders = answer.rawHeaders.map((part) => Buffer.from(part, 'latin1'));
      handler.onRequestUpgrade(controller, answer.statusCode ?? 0, answer.headers, socket);
    });
    request.end();
    return true;
  }

  /** By force: the library does that for sockets of its own alone. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
