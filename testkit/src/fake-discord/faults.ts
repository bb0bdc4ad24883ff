/** What goes wrong with which calls of the REST API, planned by a test. */
import type http from 'node:http';

export type Fault =
  /** Refused with 429; `retryAfter` in seconds, as on the wire. */
  | { kind: 'rate-limit'; retryAfter: number; global?: boolean }
  | { kind: 'status'; status: number; code?: number; message?: string; errors?: unknown }
  /** No answer ever; nothing happens. */
  | { kind: 'hang' }
  /** It is carried out, and no answer ever comes. */
  | { kind: 'hang-after' }
  /** The connection is cut before anything happens. */
  | { kind: 'cut' }
  /** It is carried out, then the connection is cut. */
  | { kind: 'cut-after' };

interface Planned {
  method: string;
  path: RegExp;
  fault: Fault;
  times: number;
}

export class Faults {
  /** Calls that a fault has struck. */
  taken = 0;
  readonly #planned: Planned[] = [];

  /** @param path of the call behind `/v10`, such as `/^\/channels\/\d+\/messages$/` */
  plan(method: string, path: RegExp, fault: Fault, times = 1): void {
    this.#planned.push({ method, path, fault, times });
  }

  clear(): void {
    this.#planned.length = 0;
  }

  take(method: string, path: string): Fault | null {
    const planned = this.#planned.find(
      (one) => one.times > 0 && one.method === method && one.path.test(path),
    );
    if (!planned) return null;
    planned.times--;
    this.taken++;
    return planned.fault;
  }
}

/** Answers as a fault wants it. https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit */
export function answerFault(fault: Fault, response: http.ServerResponse): void {
  switch (fault.kind) {
    case 'rate-limit': {
      const { retryAfter, global = false } = fault;
      response.writeHead(429, {
        'content-type': 'application/json',
        'retry-after': String(Math.ceil(retryAfter)),
        'x-ratelimit-scope': global ? 'global' : 'user',
        ...(global
          ? { 'x-ratelimit-global': 'true' }
          : {
              'x-ratelimit-limit': '5',
              'x-ratelimit-remaining': '0',
              'x-ratelimit-reset-after': String(retryAfter),
            }),
      });
      response.end(
        JSON.stringify({ message: 'You are being rate limited.', retry_after: retryAfter, global }),
      );
      return;
    }
    case 'status': {
      const { status, code = 0, message = `${status}: refused`, errors } = fault;
      refuse(response, status, code, message, errors);
      return;
    }
    case 'hang':
    case 'hang-after':
      return;
    case 'cut':
    case 'cut-after':
      response.socket?.destroy();
  }
}

export function refuse(
  response: http.ServerResponse,
  status: number,
  code: number,
  message: string,
  errors?: unknown,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message, code, ...(errors === undefined ? {} : { errors }) }));
}
