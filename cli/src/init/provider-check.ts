/**
 * Whether a provider takes a key, by the cheapest call it has: the list of its models, which costs nothing. The list
 * is also what there is to choose from.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
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
}

export async function checkKey({ provider, key, baseUrl }: KeyQuestion): Promise<KeyCheck> {
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
  try {
    // No redirect is followed: the key would go with it.
    const response = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    status = response.status;
    text = (await response.text()).slice(0, MOST_BYTES);
  } catch (error) {
    return { result: 'unknown', detail: `${new URL(url).host} cannot be reached (${reasonOf(error)})` };
  }
  if (status === 401 || status === 403)
    return { result: 'refused', detail: said(text) ?? `status ${status}` };
  if (status === 200) return { result: 'accepted', models: modelsIn(text) };
  return { result: 'unknown', detail: `${new URL(url).host} answered with status ${status}` };
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
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
