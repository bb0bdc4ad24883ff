/** A real gateway in this process, on a folder and a port of its own, in front of a fake agent, and a client for both. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import {
  type FakeAgent,
  type FakeAgentOptions,
  startFakeAgent,
} from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import type { AgentLimits } from '../agent/agent.ts';
import { createAgentClient } from '../agent/agent-client.ts';
import { readConfig } from '../config/config.ts';
import { type GatewayOptions, openGateway } from '../gateway.ts';

export interface HarnessOptions {
  /** Environment of the gateway, over sensible ones for a test. */
  env?: Record<string, string>;
  agent?: FakeAgentOptions;
  limits?: Partial<AgentLimits>;
  /** The data folder of an earlier gateway. */
  home?: string;
  agentUrl?: string;
  maxPages?: number;
  /** Of the gateway; the agent is waited for in real time. */
  clock?: Clock;
  pageFolder?: string;
  postPush?: GatewayOptions['postPush'];
  /** Instead of the channels that there are. */
  loadChannel?: GatewayOptions['loadChannel'];
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says, each test knows what it looks for
  body: any;
}

export interface AskOptions {
  session?: string;
  queue?: string;
  key?: string;
}

export class Harness {
  readonly home: string;
  readonly agent: FakeAgent | null;
  readonly port: number;
  readonly token: string;
  readonly #close: (graceMs: number) => Promise<void>;

  constructor(
    home: string,
    agent: FakeAgent | null,
    port: number,
    close: (graceMs: number) => Promise<void>,
  ) {
    this.home = home;
    this.agent = agent;
    this.port = port;
    this.token = readFileSync(join(home, 'gateway/cli-token'), 'utf8').trim();
    this.#close = close;
  }

  close(graceMs = 0): Promise<void> {
    return this.#close(graceMs);
  }

  call(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string>; raw?: string | Buffer } = {},
  ): Promise<Answer> {
    const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: false,
          headers: {
            authorization: `Bearer ${this.token}`,
            ...(payload === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
            ...options.headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const json = /json/.test(response.headers['content-type'] ?? '');
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: json ? JSON.parse(text) : text,
            });
          });
        },
      );
      call.on('error', reject);
      call.end(payload);
    });
  }

  /** `POST /prompt`. */
  ask(prompt: string, options: AskOptions = {}): Promise<Answer> {
    const { key, ...rest } = options;
    return this.call('POST', '/prompt', {
      body: { prompt, ...rest },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  }

  /** `POST /prompt/stream`, resolved as soon as the turn is accepted. */
  async start(prompt: string, options: AskOptions = {}): Promise<{ turn: string; stream: EventStream }> {
    const { key, ...rest } = options;
    const stream = new EventStream(this, 'POST', '/prompt/stream', {
      body: JSON.stringify({ prompt, ...rest }),
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
    const first = await stream.next();
    if (first?.type !== 'queued') throw new Error(`not queued: ${stream.refused}`);
    return { turn: first.data.turn, stream };
  }

  follow(turn: string, after = 0): EventStream {
    return new EventStream(this, 'GET', `/api/turns/${turn}/events?since=${after}`);
  }
}

/** Server-sent events as they come. */
export class EventStream {
  readonly events: NumberedEvent[] = [];
  refused = '';
  #buffer = '';
  #closed = false;
  #taken = 0;
  #wake: (() => void)[] = [];
  readonly #destroy: () => void;

  constructor(
    { port, token }: Pick<Harness, 'port' | 'token'>,
    method: string,
    path: string,
    options: { body?: string; headers?: Record<string, string> } = {},
  ) {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(options.body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(options.body) }),
          ...options.headers,
        },
      },
      (response) => {
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          if (response.statusCode === 200) this.#read(text);
          else this.refused += text;
        });
        response.on('error', () => this.#end());
        response.on('close', () => this.#end());
      },
    );
    call.on('error', () => this.#end());
    call.end(options.body);
    this.#destroy = () => void call.destroy();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lastId(): number {
    return this.events.at(-1)?.id ?? 0;
  }

  /** The next event not taken yet; null at the end. */
  async next(): Promise<NumberedEvent | null> {
    for (;;) {
      const event = this.events[this.#taken];
      if (event) {
        this.#taken++;
        return event;
      }
      if (this.#closed) return null;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Takes events until one passes. @throws where the stream ends before */
  async until(passes: (event: NumberedEvent) => boolean): Promise<NumberedEvent> {
    for (;;) {
      const event = await this.next();
      if (!event)
        throw new Error(`the stream ended: ${JSON.stringify(this.events.slice(-3))} ${this.refused}`);
      if (passes(event)) return event;
    }
  }

  /** All events to the end of the stream. */
  async all(): Promise<NumberedEvent[]> {
    while (await this.next());
    return this.events;
  }

  leave(): void {
    this.#destroy();
    this.#end();
  }

  #read(text: string): void {
    this.#buffer += text;
    const blocks = this.#buffer.split('\n\n');
    this.#buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/s.exec(block);
      if (match)
        this.events.push({
          id: Number(match[1]),
          type: match[2],
          data: JSON.parse(match[3] ?? ''),
        } as NumberedEvent);
    }
    this.#notify();
  }

  #end(): void {
    this.#closed = true;
    this.#notify();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** What a client that follows the rules shows at the end of these events. */
export function shownText(events: readonly NumberedEvent[]): string {
  let text = '';
  for (const event of events) {
    if (event.type === 'token') text += event.data.text;
    if (event.type === 'replace') text = event.data.text;
  }
  return text;
}

/** Opens a gateway, in front of a fake agent unless one is given; both are gone when the test is. */
export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  const home = options.home ?? temporaryFolder();
  const agent =
    options.agentUrl === undefined
      ? await startFakeAgent({ agents: ['root', 'guest', 'webhook'], ...options.agent })
      : null;
  const config = readConfig({
    MOBYCLAW_HOME: home,
    MOBYCLAW_PORT: '0',
    MOBYCLAW_TZ: 'UTC',
    MOBYCLAW_AGENT_URL: options.agentUrl ?? agent?.url,
    ...options.env,
  });
  const client = createAgentClient({
    url: config.agentUrl,
    clock: systemClock,
    logger: silentLogger,
    ...(options.limits ? { limits: options.limits } : {}),
  });
  const gateway = await openGateway({
    config,
    agent: client,
    clock: options.clock ?? systemClock,
    logger: silentLogger,
    version: 'test',
    ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }),
    pageFolder: options.pageFolder ?? join(home, 'no-page'),
    ...(options.loadChannel === undefined ? {} : { loadChannel: options.loadChannel }),
    ...(options.postPush === undefined ? {} : { postPush: options.postPush }),
  });
  let closed: Promise<void> | null = null;
  const close = (graceMs: number): Promise<void> => {
    closed ??= gateway.close(graceMs);
    return closed;
  };
  onTestFinished(async () => {
    await close(0);
    await agent?.close();
  });
  return new Harness(home, agent, gateway.port, close);
}
