/**
 * HTTP below discord.js's REST client. `node:http` with an agent of our own, as undici's pool is shared by the whole
 * process: destroying the agent closes every socket of this connection and no other. The whole body is read before the
 * answer counts as such, so the library's time-out covers it.
 */
import http from 'node:http';
import https from 'node:https';
import { outsideAgent } from '@mobyclaw/lib/outside-agent';
import type { RESTOptions, ResponseLike } from 'discord.js';

const MOST_SOCKETS = 16; // catching up must not open hundreds

export class Transport {
  readonly agent: http.Agent;
  readonly #secure: boolean;

  constructor(apiUrl: string) {
    this.#secure = new URL(apiUrl).protocol === 'https:';
    this.agent = outsideAgent(this.#secure, { keepAlive: true, maxSockets: MOST_SOCKETS });
  }

  readonly makeRequest: RESTOptions['makeRequest'] = (url, init) => {
    const { method = 'GET', headers, body, signal } = init;
    const request = this.#secure ? https.request : http.request;
    return new Promise((resolve, reject) => {
      const call = request(
        url,
        {
          method,
          headers: headers as Record<string, string>,
          agent: this.agent,
          ...(signal ? { signal: signal as AbortSignal } : {}),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => resolve(toResponse(response, Buffer.concat(chunks))));
        },
      );
      call.on('error', reject);
      call.end((body as string | Uint8Array | null | undefined) ?? undefined);
    });
  };

  close(): void {
    this.agent.destroy();
  }
}

function toResponse(response: http.IncomingMessage, body: Buffer): ResponseLike {
  const { statusCode: status = 0, statusMessage: statusText = '' } = response;
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  return {
    status,
    statusText,
    ok: status >= 200 && status < 300,
    headers: headers as ResponseLike['headers'],
    body: null,
    bodyUsed: true,
    arrayBuffer: async () => new Uint8Array(body).buffer,
    text: async () => body.toString(),
    json: async () => JSON.parse(body.toString()) as unknown,
  };
}
