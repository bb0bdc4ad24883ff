/** A client in front of a fake agent, and what its tests ask of a run. */
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import {
  type FakeAgent,
  type FakeAgentOptions,
  startFakeAgent,
} from '@mobyclaw/testkit/fake-agent/fake-agent';
import { onTestFinished } from 'vitest';
import type { AgentClient, AgentClientOptions, RunEvent, RunOutcome } from '../agent.ts';
import { createAgentClient } from '../agent-client.ts';
import type { AgentError } from '../agent-error.ts';
import type { Decide } from '../wanted.ts';

export interface Pair {
  agent: FakeAgent;
  client: AgentClient;
}

export async function pair(
  options: FakeAgentOptions = {},
  client: Partial<AgentClientOptions> = {},
): Promise<Pair> {
  const agent = await startFakeAgent(options);
  onTestFinished(() => agent.close());
  return { agent, client: connect(agent.url, client) };
}

export function connect(url: string, options: Partial<AgentClientOptions> = {}): AgentClient {
  const client = createAgentClient({ url, clock: systemClock, logger: silentLogger, ...options });
  onTestFinished(() => client.close());
  return client;
}

export interface Ran {
  outcome: RunOutcome;
  events: RunEvent[];
}

export async function ask(
  client: AgentClient,
  sessionId: string,
  text: string,
  options: {
    stopWhen?: (event: RunEvent) => boolean;
    identity?: Record<string, string>;
    images?: string[];
    decide?: Decide;
  } = {},
): Promise<Ran> {
  const events: RunEvent[] = [];
  const controller = new AbortController();
  const outcome = await client.run(
    {
      sessionId,
      text,
      identity: options.identity ?? {},
      ...(options.decide ? { decide: options.decide } : {}),
      ...(options.images ? { images: options.images.map((dataUrl) => ({ dataUrl })) } : {}),
    },
    (event) => {
      events.push(event);
      if (options.stopWhen?.(event)) controller.abort();
    },
    controller.signal,
  );
  return { outcome, events };
}

export function streamed(events: RunEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

export function phases(events: RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'tool' ? [`${event.name} ${event.phase}`] : []));
}

export function notices(events: RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
}

export function failure(outcome: RunOutcome): AgentError {
  if (outcome.kind !== 'failed') throw new Error(`the run ${outcome.kind}, it should have failed`);
  return outcome.error;
}
