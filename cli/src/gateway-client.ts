/**
 * The gateway's HTTP API over node:http. Not fetch: undici cuts streams that are silent for minutes, and a turn may be.
 * Every answer is checked against the protocol's schema, so that a command never works on what it did not understand.
 */
import { type IncomingMessage, request } from 'node:http';
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import * as z from 'zod';
import { CliError } from './cli-error.ts';
import { ConnectionError, gatewayError } from './gateway-error.ts';

const ANSWER_TIMEOUT_MS = 60_000; // the slowest plain answer is a search over years of history

export interface GatewayAddress {
  port: number;
  token: string;
}

export interface RequestOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export class GatewayClient {
  readonly #address: GatewayAddress;
  readonly clock: Clock;

  constructor(address: GatewayAddress, clock: Clock = systemClock) {
    this.#address = address;
    this.clock = clock;
  }

  /**
   * Asks for JSON.
   * @throws GatewayError where the gateway refuses; ConnectionError where it cannot be reached
   */
  async json<T>(schema: z.ZodType<T>, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.#text(path, options);
    let value: unknown;
    try {
      value = text === '' ? undefined : JSON.parse(text);
    } catch (error) {
      throw new CliError(`The gateway's answer to ${path} is not JSON. Is another program on this port?`, {
        cause: error,
      });
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new CliError(
      `The running Moby is of another version than this mobyclaw, which does not understand its answer to ${path}. Bring him to this version: ./mobyclaw upgrade (if this checkout is the older one: git pull first)`,
      { cause: result.error },
    );
  }

  /** Asks for a list, which comes as `{"items": […]}`. */
  async list<T>(schema: z.ZodType<T>, path: string): Promise<T[]> {
    return (await this.json(z.object({ items: z.array(schema) }), path)).items;
  }

  /** Asks for something whose answer does not matter. */
  async send(path: string, options: RequestOptions): Promise<void> {
    await this.#text(path, options);
  }

  async #text(path: string, options: RequestOptions): Promise<string> {
    const response = await this.open(path, options);
    const timer = this.clock.after(ANSWER_TIMEOUT_MS, () => response.destroy(new Error('no answer in time')));
    try {
      return await readAll(response);
    } finally {
      timer.cancel();
    }
  }

  /**
   * Sends a request and hands over the answer's head; its body is still to be read.
   * @throws GatewayError for a status of 400 and above; ConnectionError
   */
  async open(
    path: string,
    { method = 'GET', body, headers, signal }: RequestOptions = {},
  ): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request({
        host: '127.0.0.1',
        port: this.#address.port,
        path,
        method,
        agent: false,
        ...(signal && { signal }),
        headers: {
          authorization: `Bearer ${this.#address.token}`,
          ...(payload && { 'content-type': 'application/json', 'content-length': payload.length }),
          ...headers,
        },
      });
      const timer = this.clock.after(ANSWER_TIMEOUT_MS, () =>
        outgoing.destroy(new Error('no answer in time')),
      );
      outgoing.on('close', () => timer.cancel());
      outgoing.on('response', (incoming) => {
        timer.cancel();
        resolve(incoming);
      });
      outgoing.on('error', (error) => reject(new ConnectionError(error)));
      outgoing.end(payload);
    });
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    throw gatewayError(status, await readAll(response));
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
  } catch (error) {
    throw new ConnectionError(error as Error);
  }
  return text;
}
