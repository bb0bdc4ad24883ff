/**
 * A Slack for tests: the Web API over HTTP and Socket Mode over a real WebSocket, with rate limits, outages, hung calls,
 * revoked tokens and dead lines as a test asks for them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Fault, Faults } from './faults.ts';
import { type Envelope, SocketMode } from './socket-mode.ts';
import { type Arguments, METHODS, Refusal } from './web-api.ts';
import { BOT_USER, type FakeSlackMessage, TEAM, Workspace } from './workspace.ts';

export interface SlackCall {
  method: string;
  args: Arguments;
  /** Milliseconds since the epoch. */
  at: number;
}

const THUMB_BYTES = 3;

export interface SlackSaid {
  channel: string;
  /** A member id. */
  user: string;
  text?: string;
  thread?: string;
  /** How long ago, in milliseconds. */
  agoMs?: number;
  file?: { name: string; mimetype: string; bytes: Uint8Array; subtype?: string };
  /** Written by this other bot. */
  bot?: string;
}

export interface FakeSlack {
  readonly url: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly workspace: Workspace;
  readonly faults: Faults;
  readonly socket: SocketMode;
  calls(method?: string): SlackCall[];
  /** A person writes: a `message`, and an `app_mention` too where the bot is mentioned. */
  say(said: SlackSaid): { ts: string; envelopes: Envelope[] };
  edit(channel: string, ts: string, text: string): Envelope;
  /**
   * A person presses the button with this label, or one that he has made up. Null where the message has no such button.
   * @param elsewhere the channel that the press is said to be in
   */
  press(
    channel: string,
    ts: string,
    user: string,
    pressed: { label?: string; data?: string; elsewhere?: string },
  ): Envelope | null;
  /** What the bot wrote in a channel and is still there, in order. */
  replies(channel: string): FakeSlackMessage[];
  /** From now on the bot token is refused with this code; null: it is good again. */
  revoke(code?: string | null): void;
  /** From now on the app token is refused with this code. */
  revokeApp(code?: string): void;
  /** Every connection is reset, HTTP too. */
  cut(): void;
  /** Requests under way and open lines. */
  open(): number;
  close(): Promise<void>;
}

/** @param links where clients are told that their socket is, without a path; null: at this server's own address */
export async function startFakeSlack(port = 0, links: string | null = null): Promise<FakeSlack> {
  const botToken = 'xoxb-TEST-token-that-must-never-be-shown';
  const appToken = 'xapp-TEST-token-that-must-never-be-shown';
  const workspace = new Workspace();
  const faults = new Faults();
  const socket = new SocketMode();
  const calls: SlackCall[] = [];
  const sockets = new Set<Socket>();
  let revoked: string | null = null;
  let appRevoked: string | null = null;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (one) => {
    sockets.add(one);
    one.once('close', () => sockets.delete(one));
  });
  server.on('upgrade', (request, one, head) => socket.upgrade(request, one as Socket, head));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${address}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const body = await readBody(request);
    const token = request.headers.authorization?.replace('Bearer ', '');
    const upload = /^\/upload\/(\w+)$/.exec(pathname);
    if (upload) return take(response, upload[1] ?? '', body);
    const file = /^\/files\/(\w+)\//.exec(pathname);
    if (file) return give(response, token === botToken, file[1] ?? '', searchParams.has('thumb'));
    const method = /^\/api\/([\w.]+)$/.exec(pathname)?.[1];
    if (method === undefined) return void response.writeHead(404).end();
    const args = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
    calls.push({ method, args, at: Date.now() });
    const fault = faults.take(method);
    if (fault) return fail(response, fault, method, args, token);
    json(response, 200, run(method, args, token));
  }

  function run(method: string, args: Arguments, token: string | undefined): Record<string, unknown> {
    if (method === 'apps.connections.open') {
      if (appRevoked !== null) return { ok: false, error: appRevoked };
      if (token !== appToken)
        return { ok: false, error: token === botToken ? 'not_allowed_token_type' : 'invalid_auth' };
      return { ok: true, url: `${links ?? `ws://127.0.0.1:${address}`}/link/?ticket=${calls.length}` };
    }
    if (revoked !== null) return { ok: false, error: revoked };
    if (token !== botToken) return { ok: false, error: 'invalid_auth' };
    const act = METHODS[method];
    if (!act) return { ok: false, error: 'unknown_method' };
    try {
      return { ok: true, ...act(workspace, args, url) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, error: error.message };
    }
  }

  function fail(
    response: ServerResponse,
    fault: Fault,
    method: string,
    args: Arguments,
    token: string | undefined,
  ): void {
    if ('after' in fault && fault.after) run(method, args, token);
    switch (fault.how) {
      case 'hang':
        return;
      case 'drop':
        response.socket?.resetAndDestroy();
        return;
      case 'status':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end('<html>trouble</html>');
        return;
      case 'limit': {
        const header = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
        json(response, 429, { ok: false, error: 'ratelimited' }, header);
        return;
      }
      case 'refuse':
        json(response, 200, { ok: false, error: fault.error });
    }
  }

  function take(response: ServerResponse, id: string, body: Buffer): void {
    const fault = faults.take('upload');
    const file = workspace.files.get(id);
    if (fault?.how === 'hang') return;
    if (fault || !file) return void response.writeHead(fault?.how === 'status' ? fault.status : 404).end();
    file.bytes = new Uint8Array(body);
    response.writeHead(200).end('OK');
  }

  /** @param small a smaller rendition, which is its beginning */
  function give(response: ServerResponse, allowed: boolean, id: string, small: boolean): void {
    const file = workspace.files.get(id);
    if (!file || !allowed) return void response.writeHead(file ? 403 : 404).end();
    response
      .writeHead(200, { 'content-type': file.mimetype })
      .end(small ? file.bytes.slice(0, THUMB_BYTES) : file.bytes);
  }

  return {
    url: `${url}/api`,
    botToken,
    appToken,
    workspace,
    faults,
    socket,
    calls: (method) => calls.filter((call) => method === undefined || call.method === method),
    say({ channel, user, text = '', thread, agoMs = 0, file, bot }) {
      const { ts } = workspace.add({
        channel,
        user,
        text,
        thread: thread ?? null,
        ts: workspace.nextTs(Date.now() - agoMs),
      });
      const files = file ? [toFile(file)] : [];
      const root = thread === undefined ? null : workspace.find(channel, thread);
      const event = {
        user,
        text,
        ts,
        channel,
        ...(thread === undefined ? {} : { thread_ts: thread }),
        ...(root ? { parent_user_id: root.user } : {}),
        ...(files.length > 0 ? { files } : {}),
        ...(bot === undefined ? {} : { bot_id: bot }),
      };
      const subtype = files.length > 0 ? { subtype: 'file_share' } : {};
      const channel_type = channel.startsWith('D') ? 'im' : 'channel';
      const envelopes = [socket.send({ type: 'message', ...subtype, channel_type, ...event })];
      const mention = text.includes(`<@${BOT_USER}>`) && !channel.startsWith('D');
      if (mention) envelopes.push(socket.send({ type: 'app_mention', ...event }));
      return { ts, envelopes };

      function toFile({ name, mimetype, bytes, subtype }: NonNullable<SlackSaid['file']>) {
        const { id } = workspace.addFile(name, mimetype, bytes);
        const thumb = mimetype.startsWith('image/') ? { thumb_1024: `${url}/files/${id}/t?thumb=1` } : {};
        const kind = subtype === undefined ? {} : { subtype };
        return { id, name, mimetype, size: bytes.length, ...kind, ...thumb };
      }
    },
    edit(channel, ts, text) {
      const message = workspace.find(channel, ts);
      if (!message) throw new Error(`there is no message ${ts} in ${channel}`);
      const previous = { type: 'message', user: message.user, text: message.text, ts };
      message.text = text;
      const thread = message.thread === null ? {} : { thread_ts: message.thread };
      return socket.send({
        type: 'message',
        subtype: 'message_changed',
        hidden: true,
        channel,
        channel_type: channel.startsWith('D') ? 'im' : 'channel',
        ts: workspace.nextTs(),
        message: { ...previous, ...thread, text, edited: { user: message.user, ts: workspace.nextTs() } },
        previous_message: { ...previous, ...thread },
      });
    },
    press(channel, ts, user, { label, data, elsewhere }) {
      const message = workspace.find(channel, ts);
      const buttons = message?.blocks.flatMap(({ elements = [] }) => elements) ?? [];
      const button = buttons.find(({ text }) => text.text === label);
      const value = data ?? button?.value;
      if (value === undefined) return null;
      const place = elsewhere ?? channel;
      const thread = message?.thread ? { thread_ts: message.thread } : {};
      const action = { type: 'button', action_id: button?.action_id ?? 'mobyclaw:0', block_id: 'b', value };
      return socket.send(
        {
          type: 'block_actions',
          user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: TEAM },
          api_app_id: 'A0TEST',
          team: { id: TEAM, domain: 'test' },
          trigger_id: '1.2.3',
          container: { type: 'message', message_ts: ts, channel_id: place, is_ephemeral: false, ...thread },
          channel: { id: place, name: 'here' },
          message: { type: 'message', ts, user: BOT_USER, text: message?.text ?? '', ...thread },
          response_url: `${url}/response`,
          actions: [{ ...action, text: { type: 'plain_text', text: label ?? '' }, action_ts: ts }],
        },
        'interactive',
      );
    },
    replies: (channel) =>
      workspace.messages.filter((one) => one.channel === channel && one.bot && !one.deleted),
    revoke(code = 'token_revoked') {
      revoked = code;
    },
    revokeApp(code = 'invalid_auth') {
      appRevoked = code;
    },
    cut() {
      for (const one of sockets) one.resetAndDestroy();
    },
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        socket.close();
        for (const one of sockets) one.destroy();
        server.close(() => resolve());
      }),
  };
}

function json(
  response: ServerResponse,
  status: number,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
