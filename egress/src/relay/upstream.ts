/**
 * One request to a provider, whose body is handed on as it comes. A kept connection that the provider closes in the moment in
 * which it is used again fails a request that nobody has read: such a one is sent once more over a new connection, as long as
 * its body is small enough to have been kept.
 */
import { once } from 'node:events';
import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

const MOST_KEPT_BYTES = 1024 * 1024;

export interface Agents {
  http: Agent;
  https: Agent;
}

export interface UpstreamOptions {
  url: URL;
  method: string;
  headers: Record<string, string | string[]>;
  agents: { kept: Agents; fresh: Agents };
}

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #response = Promise.withResolvers<IncomingMessage>();
  #call: ClientRequest;
  #kept: Buffer[] | null = [];
  #bytes = 0;
  #gone = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#response.promise.catch(() => undefined); // whoever waits is told; nobody may be waiting yet
    this.#call = this.#open(options.agents.kept);
    this.#call.flushHeaders(); // the connection is made while the body still comes
  }

  /** Rejects with the error of the connection. */
  get response(): Promise<IncomingMessage> {
    return this.#response.promise;
  }

  /** Resolves when more may be written. @throws the error of the connection */
  async write(chunk: Buffer): Promise<void> {
    this.#keep(chunk);
    const call = this.#call;
    if (call.write(chunk) || call.destroyed) return;
    await Promise.race([once(call, 'drain'), once(call, 'close')]);
  }

  end(chunk: Buffer | null): void {
    if (chunk) this.#keep(chunk);
    this.#call.end(chunk ?? undefined);
  }

  destroy(): void {
    this.#gone = true;
    this.#call.destroy();
  }

  #open(agents: Agents): ClientRequest {
    const { url, method, headers } = this.#options;
    const secure = url.protocol === 'https:';
    const agent = secure ? agents.https : agents.http;
    const call = (secure ? httpsRequest : httpRequest)(url, { method, headers, agent });
    let answered = false;
    call.on('response', (response) => {
      answered = true;
      this.#kept = null;
      this.#response.resolve(response);
    });
    call.on('error', (error) => {
      const kept = this.#kept;
      if (call.reusedSocket && !answered && !this.#gone && kept !== null && call.writableEnded) {
        this.#call = this.#open(this.#options.agents.fresh);
        for (const chunk of kept) this.#call.write(chunk);
        this.#call.end();
        return;
      }
      this.#response.reject(error);
    });
    return call;
  }

  #keep(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MOST_KEPT_BYTES) this.#kept = null;
    this.#kept?.push(chunk);
  }
}
