/**
 * Fetches a file over HTTP with a limit on its size, on the time it takes and on where it may be: addresses come from
 * outside, and so do redirects. `node:http`, as the built-in fetch costs
 * 30 MB of memory for good. Errors never name the address, which may hold a token.
 */
import http from 'node:http';
import https from 'node:https';
import { sharedAgent } from '@mobyclaw/lib/outside-agent';
import { proxyTrouble } from '@mobyclaw/lib/proxy';

const MOST_REDIRECTS = 3;

export class HttpGetError extends Error {
  override name = 'HttpGetError';
  /** HTTP status, or `timeout`, `too-large`, `network`, `elsewhere`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface HttpGetOptions {
  mostBytes: number;
  timeoutMs: number;
  agent?: http.Agent;
  /** Asked of the address and of each that it redirects to. */
  mayAsk: (url: URL) => boolean;
  /** Sent to the first host only, never along a redirect to another, or to the same without its encryption. */
  headers?: Record<string, string>;
}

/** @throws HttpGetError */
export function httpGet(url: URL, options: HttpGetOptions, redirects = 0): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const { mostBytes, timeoutMs, agent = sharedAgent(url), mayAsk, headers = {} } = options;
    if (!/^https?:$/.test(url.protocol) || !mayAsk(url)) {
      reject(new HttpGetError('elsewhere', 'The file is not on the servers of its platform.'));
      return;
    }
    const signal = AbortSignal.timeout(timeoutMs);
    const get = url.protocol === 'https:' ? https.get : http.get;
    const request = get(url, { headers, signal, agent }, (response) => {
      const { statusCode = 0 } = response;
      const location = response.headers.location;
      if (statusCode >= 300 && statusCode < 400 && location !== undefined && redirects < MOST_REDIRECTS) {
        response.resume();
        const next = URL.parse(location, url.href);
        if (!next) {
          reject(new HttpGetError('elsewhere', 'The file was moved to an address that is none.'));
          return;
        }
        const same = next.origin === url.origin;
        const { agent: _, headers: __, ...rest } = options;
        resolve(httpGet(next, same ? options : rest, redirects + 1));
        return;
      }
      if (statusCode !== 200) {
        response.resume();
        reject(new HttpGetError(String(statusCode), `The file could not be fetched (HTTP ${statusCode}).`));
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > mostBytes) {
          reject(new HttpGetError('too-large', `The file is larger than ${mostBytes / 1e6} MB.`));
          request.destroy();
        }
      });
      response.on('end', () => {
        if (response.complete) resolve(Buffer.concat(chunks));
        else reject(new HttpGetError('network', 'The connection broke off within the file.'));
      });
      response.on('error', fail);
    });
    request.on('error', fail);

    function fail(error: Error): void {
      const { code = 'network' } = error as NodeJS.ErrnoException;
      const why = proxyTrouble(code)?.message ?? code;
      if (signal.aborted) reject(new HttpGetError('timeout', 'The file did not come in time.'));
      else reject(new HttpGetError('network', `The file could not be fetched (${why}).`));
    }
  });
}
