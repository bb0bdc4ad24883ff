/** What of egress the gateway sees (protocol/egress): turns that it is told, asks that it answers, events that it follows. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeEgress {
  url: string;
  /** What was told of the turns that run, the newest last. */
  turns: {
    turn: string;
    kind: string;
    attended: boolean;
    grants?: { host: string; port: number; verdict: string }[];
  }[][];
  /** Verdicts, in the order they came. */
  answers: { ask: string; verdict: string; unasked?: true }[];
  /** Whether the gateway follows its events. */
  isFollowed(): boolean;
  /** A program wants to reach a host. @returns the id of the ask */
  ask(
    turn: string,
    host: string,
    more?: { port?: number; method?: string; path?: string; turns?: string[] },
  ): string;
  event(name: string, data: object): void;
  /** Ends and forgets all that it was asked, as a kill would. */
  kill(): Promise<void>;
  /** Comes back at the same address. */
  start(): Promise<void>;
}

const TOKEN = 'the-token-of-the-door-for-the-gateway';

/** @param log rows of the audit log, the newest first */
export async function startFakeEgress(
  log: readonly object[] = [],
): Promise<FakeEgress & { env: Record<string, string> }> {
  const followers = new Set<ServerResponse>();
  const open = new Set<string>();
  let asks = 0;
  let server = createServer();
  let port = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://egress');
    const reply = (status: number, body: unknown = { ok: true }): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return reply(401);
    if (pathname === '/events') {
      followers.add(response);
      response.on('close', () => followers.delete(response));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': here\n\n');
      return;
    }
    let text = '';
    for await (const chunk of request) text += chunk;
    if (pathname === '/turns') fake.turns.push(JSON.parse(text).turns);
    if (pathname.startsWith('/asks/')) {
      const ask = pathname.slice('/asks/'.length);
      if (!open.has(ask)) return reply(404);
      const body = JSON.parse(text);
      if (body.verdict !== 'hold') open.delete(ask);
      fake.answers.push({ ask, ...body });
    }
    if (pathname === '/log') {
      const limit = Number(searchParams.get('limit'));
      return reply(200, { items: log.slice(0, limit), before: log.length > limit ? 1 : null });
    }
    reply(pathname === '/test' ? 404 : 200);
  }

  const fake: FakeEgress & { env: Record<string, string> } = {
    url: '',
    env: {},
    turns: [],
    answers: [],
    isFollowed: () => followers.size > 0,
    ask(turn, host, more = {}) {
      const id = `ask-${++asks}`;
      open.add(id);
      fake.event('ask', { id, host, port: 443, turn, ...more });
      return id;
    },
    event(name, data) {
      for (const one of followers) one.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    async kill() {
      open.clear();
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await ended;
    },
    async start() {
      server = createServer((request, response) => void answer(request, response));
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port;
      fake.url = `http://127.0.0.1:${port}`;
      fake.env = { MOBYCLAW_EGRESS_URL: fake.url, MOBYCLAW_EGRESS_TOKEN: TOKEN };
    },
  };
  await fake.start();
  return fake;
}
