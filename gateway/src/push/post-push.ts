/** To a push service, through the proxy if the environment names one; redirects are not followed. */
import { nodeFetch } from '@mobyclaw/lib/node-fetch';

const LONGEST_MS = 30_000;

/** @returns the status of the answer @throws where nobody answered */
export async function postPush(url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  const { 'Content-Length': _, ...rest } = headers; // counted on the way
  const response = await nodeFetch(url, {
    method: 'POST',
    headers: rest,
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  await response.body?.cancel();
  return response.status;
}
