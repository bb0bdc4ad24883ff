/** One person who writes to Moby and waits for the answer, however often he is cut off. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CutOffError, sendForJson } from '../soak/http.ts';
import type { World } from './world.ts';

const RETRY_MS = 50;
const LONGEST_MS = 120_000;

export interface Answered {
  text: string;
  /** Of the turn's calls of the model. */
  inputTokens: number;
  state: string;
}

/** @param key the same prompt again is the same turn */
export async function ask(world: World, prompt: string, key: string): Promise<Answered> {
  const body = await persist(world, {
    method: 'POST',
    path: '/prompt',
    headers: { 'idempotency-key': key },
    body: { prompt },
  });
  const usage = body.usage as { inputTokens?: number } | undefined;
  return {
    text: String(body.text ?? body.detail ?? ''),
    inputTokens: usage?.inputTokens ?? 0,
    state: String(body.state ?? 'done'),
  };
}

export async function post(world: World, path: string, body: object): Promise<void> {
  await persist(world, { method: 'POST', path, body });
}

async function persist(
  world: World,
  call: { method: 'POST'; path: string; headers?: Record<string, string>; body: object },
): Promise<Record<string, unknown>> {
  const givenUpAt = Date.now() + LONGEST_MS;
  for (;;) {
    try {
      const token = world.gateway?.token ?? '';
      const { status, body } = await sendForJson({ port: world.port, token, ...call });
      if (status !== 503) return body;
    } catch (error) {
      if (!(error instanceof CutOffError) || Date.now() > givenUpAt) throw error;
    }
    await sleep(RETRY_MS);
  }
}
