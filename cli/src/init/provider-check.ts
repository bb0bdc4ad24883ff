/**
 * Whether a provider takes a key, by the cheapest call it has: the list of its models, which costs nothing. The list
 * is also what there is to choose from.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { agentsFor, fetchThrough } from '@mobyclaw/lib/node-fetch';
import { type Environment, proxyTrouble } from '@mobyclaw/lib/proxy';
import type { Provider } from './providers.ts';

const ANSWER_WITHIN_MS = 10_000;
const MOST_BYTES = 4_000_000;

export type KeyCheck =
  | { result: 'accepted'; models: string[] }
  /** The key is wrong. */
  | { result: 'refused'; detail: string }
  /** Nothing is known of the key: no network, or the provider has trouble of its own. */
  | { result: 'unknown'; detail: string };

export interface KeyQuestion {
  provider: Provider;
  key: string | undefined;
  baseUrl: string;
  /** The proxy that it names is asked. */
  env: Environment;
}

export async function checkKey({ provider, key, baseUrl, env }: KeyQuestion): Promise<KeyCheck> {
  const base = baseUrl.replace(/\/+$/, '');
  const anthropic = provider === 'anthropic';
  // Anthropic's own base address is written without the version, the others with it.
  const url = anthropic && !/\/v\d+$/.test(base) ? `${base}/v1/models` : `${base}/models`;
  const headers: Record<string, string> = anthropic
    ? { 'x-api-key': key ?? '', 'anthropic-version': '2023-06-01' }
    : key
      ? { authorization: `Bearer ${key}` }
      : {};
  let status: number;
  let text: string;
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const agents = agentsFor(env);
  try {
    // No redirect is followed: the key would go with it.
    const response = await fetchThrough(agents)(url, { headers, signal: limit });
    status = response.status;
    text = (await response.text()).slice(0, MOST_BYTES);
  } catch (error) {
    const reason = limit.aborted ? `no answer within ${ANSWER_WITHIN_MS / 1000} s` : reasonOf(error);
    return { result: 'unknown', detail: `${new URL(url).host} cannot be reached (${reason})` };
  } finally {
    agents.https.destroy(); // it keeps connections
  }
  if (status === 401 || status === 403)
    return { result: 'refused', detail: said(text) ?? `status ${status}` };
  if (status === 200) return { result: 'accepted', models: modelsIn(text) };
  return { result: 'unknown', detail: `${new URL(url).host} answered with status ${status}` };
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return proxyTrouble(code)?.message ?? code;
}

/** @returns what a provider says in an error, which both kinds have in the same place */
function said(text: string): string | null {
  const message = (parsed(text) as { error?: { message?: unknown } } | null)?.error?.message;
  // Some repeat part of the key.
  return typeof message === 'string' ? cutText(message.replace(/\S*(sk-|\*{3,})\S*/g, '…'), 300) : null;
}

function modelsIn(text: string): string[] {
  const data = (parsed(text) as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return [];
  return data.flatMap((entry: { id?: unknown } | null) => (typeof entry?.id === 'string' ? [entry.id] : []));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
