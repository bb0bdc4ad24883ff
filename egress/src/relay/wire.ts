/**
 * What the relay knows of the three ways in which providers are asked: which paths there are, where a key is shown, and how
 * an error of theirs looks, so that an engine takes ours for one that it should not try again.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Wire } from '@mobyclaw/lib/model-routes';

export interface Operation {
  /** Costs something: it is asked of the budget and written down. */
  costs: boolean;
  /** Named in the path, as Google does. */
  model?: string;
}

interface Known {
  method: 'GET' | 'POST';
  path: RegExp;
  costs: boolean;
}

/** Below the API version. Anything else (files, batches, administration) is none of an agent's business. */
const OPERATIONS: Readonly<Record<Wire, readonly Known[]>> = {
  anthropic: [
    { method: 'POST', path: /^\/messages$/, costs: true },
    { method: 'POST', path: /^\/messages\/count_tokens$/, costs: false },
    { method: 'GET', path: /^\/models(\/[\w.:@-]+)?$/, costs: false },
  ],
  openai: [
    { method: 'POST', path: /^\/(chat\/completions|responses|embeddings)$/, costs: true },
    { method: 'GET', path: /^\/models(\/[\w.:@/-]+)?$/, costs: false },
  ],
  google: [
    { method: 'POST', path: /^\/models\/([\w.-]+):(generateContent|streamGenerateContent)$/, costs: true },
    { method: 'POST', path: /^\/models\/([\w.-]+):(embedContent|batchEmbedContents)$/, costs: true },
    { method: 'POST', path: /^\/models\/([\w.-]+):countTokens$/, costs: false },
    { method: 'GET', path: /^\/models(\/[\w.-]+)?$/, costs: false },
  ],
};

/** @param path below the route, with the API version or without it @returns null where there is no such operation */
export function operationOf(wire: Wire, method: string, path: string): Operation | null {
  const bare = path.replace(/^\/v\d+\w*(?=\/)/, '');
  for (const known of OPERATIONS[wire]) {
    const match = known.path.exec(bare);
    if (match === null || known.method !== method) continue;
    const model = wire === 'google' && known.method === 'POST' ? match[1] : undefined;
    return { costs: known.costs, ...(model === undefined ? {} : { model }) };
  }
  return null;
}

/** @returns what was shown as a key, in any of the ways in which engines show one; null where nothing was */
export function shownKey(headers: IncomingHttpHeaders, query: URLSearchParams): string | null {
  const { authorization = '' } = headers;
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  const own = headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers['api-key'] ?? query.get('key');
  if (scheme === '') return own === undefined || own === null ? null : String(own);
  if (scheme.toLowerCase() === 'bearer') return value;
  return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':');
}

/** Headers in which anybody could show who he is, or that are of one connection alone. */
const LEFT_OUT =
  /^(authorization|x-api-key|x-goog-api-key|api-key|cookie|proxy-.*|forwarded|x-forwarded-.*|x-real-ip|x-mobyclaw-.*|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept-encoding)$/;

/**
 * @returns what goes on, with the real key on; answers are to come as they are read here, so no compression is asked for
 * @param key null where the server wants none
 */
export function outgoingHeaders(
  headers: IncomingHttpHeaders,
  wire: Wire,
  provider: string,
  key: string | null,
): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !LEFT_OUT.test(name)) out[name] = value;
  }
  if (key === null) return out;
  if (wire === 'anthropic') out['x-api-key'] = key;
  else if (wire === 'google') out['x-goog-api-key'] = key;
  else if (provider === 'azure') out['api-key'] = key;
  else out.authorization = `Bearer ${key}`;
  return out;
}

/** Headers of an answer that are of one connection alone, or that would speak for the provider in Moby's name. */
const NOT_BACK = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|set-cookie|alt-svc)$/;

export function returnedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (pair): pair is [string, string | string[]] => pair[1] !== undefined && !NOT_BACK.test(pair[0]),
    ),
  );
}

export interface RelayError {
  status: number;
  type: string;
  message: string;
}

/** In the provider's form. @see https://platform.claude.com/docs/en/api/errors, https://google.aip.dev/193 */
export function errorBody(wire: Wire, { status, type, message }: RelayError): string {
  if (wire === 'anthropic') return JSON.stringify({ type: 'error', error: { type, message } });
  if (wire === 'google') {
    const name = {
      401: 'UNAUTHENTICATED',
      403: 'PERMISSION_DENIED',
      404: 'NOT_FOUND',
      429: 'RESOURCE_EXHAUSTED',
    };
    const known = name[status as keyof typeof name] ?? 'UNAVAILABLE';
    return JSON.stringify({ error: { code: status, message, status: known, details: [{ reason: type }] } });
  }
  // Newer cagents show of an error of this form its message alone.
  return JSON.stringify({ error: { message: `${type}: ${message}`, type, code: type, param: null } });
}
