/**
 * A Bot API server for tests: a real HTTP server with long polling, offsets, 409 for a second poller, the refusals of the
 * real one, and faults on any method. https://core.telegram.org/bots/api
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Chats, type FakeMessage, type FakeUpdate, type FakeUser } from './chats.ts';
import { type Fault, Faults } from './faults.ts';
import {
  BOT_ID,
  BOT_NAME,
  callMethod,
  type Methods,
  type Payload,
  Refusal,
  type Uploaded,
} from './methods.ts';

export { BOT_ID, BOT_NAME } from './methods.ts';

export interface Call {
  method: string;
  payload: Payload;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface Said {
  /** A group has a negative id. */
  chat: number;
  from: FakeUser;
  text?: string;
  entities?: unknown[];
  replyTo?: number;
  topic?: number;
  /** How long ago, in milliseconds. */
  agoMs?: number;
  photo?: Uint8Array;
  document?: { name: string; mime: string; bytes: Uint8Array };
  voice?: Uint8Array;
  album?: string;
  /** Whatever else the message has. */
  more?: Record<string, unknown>;
}

export interface Pressed {
  chat: number;
  message: number;
  from: FakeUser;
  /** Of the button. */
  label?: string;
  /** Instead of what the button holds: a program can send anything. */
  data?: string;
}

export interface FakeTelegram {
  readonly url: string;
  readonly token: string;
  readonly chats: Chats;
  readonly faults: Faults;
  /** All calls but `getUpdates`, in order. */
  calls(method?: string): Call[];
  polls(): number;
  commands(): unknown[];
  /** A person writes. @returns the id of the message */
  say(said: Said): number;
  /** A person changes a message. */
  edit(chat: number, id: number, from: FakeUser, text: string, entities?: unknown[]): void;
  /**
   * A person presses the button with this label, or one that he has made up. Null where the message has no such button.
   * @returns the id of the query
   */
  press(pressed: Pressed): string | null;
  /** What the bot said to a press; null while it has said nothing. */
  answerTo(query: string): string | null;
  /** Updates that were confirmed come again, as after a fault at Telegram's. */
  redeliver(): void;
  /** What the bot wrote in a chat and is still there, in order. */
  replies(chat: number): FakeMessage[];
  /** Texts of the previews that are seen in a chat. */
  drafts(chat: number): string[];
  /** From now on it is a server that does not know drafts; true: it knows them again. */
  knowDrafts(known: boolean): void;
  /** What the bot is doing in vain: polls that hold. */
  polling(): boolean;
  /** From now on the token is not known; false: it is known again. */
  revoke(revoked?: boolean): void;
  /** Nothing is answered any more on the present connections, and nobody is told. New ones work. */
  blackHole(): void;
  /** False: a server that ignores `timeout`, and answers each poll at once. */
  holdPolls(held: boolean): void;
  /** Another program polls once. */
  pollElsewhere(): void;
  /** All connections are reset. */
  cut(): void;
  close(): Promise<void>;
}

interface Held {
  response: ServerResponse;
  limit: number;
  offset: number;
  timer: NodeJS.Timeout;
}

/** @param now clock of the drafts, in milliseconds since the epoch */
export async function startFakeTelegram(port = 0, now: () => number = Date.now): Promise<FakeTelegram> {
  const token = '123456:TEST-token-that-must-never-be-shown';
  const chats = new Chats(now);
  const faults = new Faults();
  const presses = { open: new Set<string>(), answered: [] as { id: string; text: string }[] };
  const state: Methods = { chats, files: new Map(), commands: [], presses, knowsDrafts: true };
  const calls: Call[] = [];
  const sockets = new Set<Socket>();
  const dead = new WeakSet<Socket>();
  let queries = 0;
  let held: Held | null = null;
  let polls = 0;
  let revoked = false;
  let holds = true;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (dead.has(request.socket)) return;
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const fileMatch = /^\/file\/bot([^/]+)\/(.+)$/.exec(path);
    if (fileMatch) return sendFileContent(response, fileMatch[1] === token, fileMatch[2] ?? '');
    const match = /^\/bot([^/]+)\/(\w+)$/.exec(path);
    const { payload, uploads } = await readBody(request);
    if (!match) return sendJson(response, 404, refusal(404, 'Not Found'));
    if (match[1] !== token || revoked) return sendJson(response, 401, refusal(401, 'Unauthorized'));
    const method = match[2] ?? '';
    const chat = payload.chat_id === undefined ? null : Number(payload.chat_id);
    if (method !== 'getUpdates') calls.push({ method, payload, at: Date.now() });
    const fault = faults.take(method, chat);
    if (fault && !(await survives(fault, method, payload, uploads, response))) return;
    if (method === 'getUpdates') return poll(payload, response);
    try {
      sendJson(response, 200, { ok: true, result: callMethod(state, method, payload, uploads) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      sendJson(response, error.code, refusal(error.code, error.message, error.parameters));
    }
  }

  /** @returns whether the call goes on as if nothing had happened */
  async function survives(
    fault: Fault,
    method: string,
    payload: Payload,
    uploads: Uploaded[],
    response: ServerResponse,
  ): Promise<boolean> {
    switch (fault.how) {
      case 'status':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end('<html>trouble</html>');
        return false;
      case 'refuse': {
        const { retryAfter, migrateTo } = fault;
        const parameters = {
          ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
          ...(migrateTo === undefined ? {} : { migrate_to_chat_id: migrateTo }),
        };
        sendJson(response, fault.code, refusal(fault.code, fault.description, parameters));
        return false;
      }
      case 'hang':
      case 'drop':
        if (fault.after) callMethod(state, method, payload, uploads);
        if (fault.how === 'drop') response.socket?.resetAndDestroy();
        return false;
    }
  }

  function poll(payload: Payload, response: ServerResponse): void {
    polls++;
    conflict();
    chats.wanted = (payload.allowed_updates as string[] | undefined) ?? chats.wanted;
    const offset = Number(payload.offset ?? 0);
    const limit = Number(payload.limit ?? 100);
    const updates = chats.fetch(offset, limit);
    const holdMs = holds ? Number(payload.timeout ?? 0) * 1000 : 0;
    if (updates.length > 0 || holdMs === 0) {
      sendJson(response, 200, { ok: true, result: updates });
      return;
    }
    const timer = setTimeout(() => release(), holdMs);
    const mine = { response, limit, offset, timer };
    held = mine;
    response.on('close', () => {
      clearTimeout(timer);
      if (held === mine) held = null;
    });
  }

  /** The poll before is told that another one has begun. */
  function conflict(): void {
    const before = held;
    held = null;
    if (!before) return;
    clearTimeout(before.timer);
    const description =
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running';
    sendJson(before.response, 409, refusal(409, description));
  }

  /** Answers the poll that holds, with what there is. */
  function release(): void {
    const waiting = held;
    if (!waiting) return;
    held = null;
    clearTimeout(waiting.timer);
    sendJson(waiting.response, 200, { ok: true, result: chats.fetch(waiting.offset, waiting.limit) });
  }

  function sendFileContent(response: ServerResponse, allowed: boolean, path: string): void {
    const fault = faults.take('file', null);
    if (fault?.how === 'hang') return;
    const file = [...state.files.values()].find((one) => one.path === path);
    if (!allowed || !file || fault) {
      response.writeHead(fault?.how === 'status' ? fault.status : 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file.bytes);
  }

  function update(content: Record<string, unknown>): FakeUpdate {
    const added = chats.update(content);
    setImmediate(release);
    return added;
  }

  function addFile(bytes: Uint8Array): { file_id: string; file_size: number } {
    const file_id = `file-${state.files.size + 1}`;
    state.files.set(file_id, { path: `documents/${file_id}.bin`, bytes });
    return { file_id, file_size: bytes.length };
  }

  /** Messages of people as they were sent, by id. */
  const wholes = new Map<number, Record<string, unknown>>();

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    chats,
    faults,
    calls: (method) => calls.filter((call) => method === undefined || call.method === method),
    polls: () => polls,
    commands: () => state.commands,
    polling: () => held !== null,
    say(said) {
      const { chat, from, topic = null } = said;
      const text = said.text ?? '';
      const message = chats.add({
        chat,
        from: from.id,
        text,
        entities: [],
        replyTo: said.replyTo ?? null,
        topic,
        file: null,
      });
      const whole = toMessage(message, said);
      wholes.set(message.id, whole);
      update({ message: whole });
      return message.id;
    },
    edit(chat, id, from, text, entities) {
      const message = chats.find(chat, id);
      if (!message) throw new Error(`there is no message ${id} in ${chat}`);
      message.text = text;
      const said = { chat, from, text, ...(entities ? { entities } : {}) };
      update({ edited_message: { ...toMessage(message, said), edit_date: nowSeconds() } });
    },
    press({ chat, message: id, from, label, data }) {
      const message = chats.find(chat, id);
      const button = message?.buttons.flat().find(({ text }) => text === label);
      const sent = data ?? button?.callback_data;
      if (sent === undefined) return null;
      const query = `query-${++queries}`;
      presses.open.add(query);
      const type = chat < 0 ? 'supergroup' : 'private';
      const topic = message?.topic ?? null;
      update({
        callback_query: {
          id: query,
          from: { is_bot: false, ...from },
          // Of a message that Telegram has no longer, only its chat and its id.
          message: {
            message_id: id,
            chat: { id: chat, type },
            date: message ? nowSeconds() : 0,
            ...(message ? { text: message.text } : {}),
            ...(topic === null ? {} : { message_thread_id: topic, is_topic_message: true }),
          },
          chat_instance: String(chat),
          data: sent,
        },
      });
      return query;
    },
    answerTo: (query) => presses.answered.find(({ id }) => id === query)?.text ?? null,
    redeliver() {
      chats.pending.unshift(...chats.confirmed.splice(0));
      setImmediate(release);
    },
    replies: (chat) =>
      chats.messages.filter((one) => one.chat === chat && one.from === 'bot' && !one.deleted),
    drafts: (chat) => chats.drafts(chat).map(({ text }) => text),
    knowDrafts(known) {
      state.knowsDrafts = known;
    },
    revoke(isRevoked = true) {
      revoked = isRevoked;
      const waiting = held;
      held = null;
      if (waiting) sendJson(waiting.response, 401, refusal(401, 'Unauthorized'));
    },
    pollElsewhere: conflict,
    holdPolls(held) {
      holds = held;
      release();
    },
    blackHole() {
      for (const socket of sockets) dead.add(socket);
      if (held) clearTimeout(held.timer);
      held = null;
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };

  function toMessage(message: FakeMessage, said: Said): Record<string, unknown> {
    const { chat, from } = said;
    const title = chats.groups.get(chat);
    const original = said.replyTo === undefined ? null : chats.find(chat, said.replyTo);
    const textual = said.photo || said.document || said.voice ? 'caption' : 'text';
    const entities = said.entities ?? commandEntity(said.text ?? '');
    return {
      message_id: message.id,
      date: nowSeconds() - Math.floor((said.agoMs ?? 0) / 1000),
      chat:
        chat < 0
          ? { id: chat, type: 'supergroup', title: title ?? 'A group' }
          : { id: chat, type: 'private', first_name: from.first_name },
      from: { is_bot: false, ...from },
      ...(said.topic === undefined ? {} : { message_thread_id: said.topic, is_topic_message: true }),
      ...(said.text === undefined ? {} : { [textual]: said.text }),
      ...(entities.length > 0 ? { [textual === 'text' ? 'entities' : 'caption_entities']: entities } : {}),
      ...(original
        ? {
            reply_to_message: {
              message_id: original.id,
              date: nowSeconds(),
              chat: { id: chat, type: chat < 0 ? 'supergroup' : 'private' },
              from:
                original.from === 'bot'
                  ? { id: BOT_ID, is_bot: true, first_name: 'Moby', username: BOT_NAME }
                  : { id: original.from, is_bot: false, first_name: 'Somebody' },
              ...(original.from === 'bot' ? { text: original.text } : wholes.get(original.id)),
            },
          }
        : {}),
      ...(said.photo ? { photo: [{ width: 90, height: 90, ...addFile(said.photo) }] } : {}),
      ...(said.document
        ? {
            document: {
              ...addFile(said.document.bytes),
              file_name: said.document.name,
              mime_type: said.document.mime,
            },
          }
        : {}),
      ...(said.voice ? { voice: { duration: 3, mime_type: 'audio/ogg', ...addFile(said.voice) } } : {}),
      ...(said.album === undefined ? {} : { media_group_id: said.album }),
      ...said.more,
    };
  }
}

function commandEntity(text: string): unknown[] {
  const command = /^\/\w+(@\w+)?/.exec(text)?.[0];
  return command ? [{ type: 'bot_command', offset: 0, length: command.length }] : [];
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function refusal(code: number, description: string, parameters: Record<string, number> = {}): unknown {
  const more = Object.keys(parameters).length > 0 ? { parameters } : {};
  return { ok: false, error_code: code, description, ...more };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<{ payload: Payload; uploads: Uploaded[] }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) {
    return { payload: body.length === 0 ? {} : (JSON.parse(body.toString()) as Payload), uploads: [] };
  }
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const payload: Payload = {};
  const uploads: Uploaded[] = [];
  for (const [field, value] of form) {
    if (typeof value === 'string') payload[field] = value;
    else uploads.push({ field, name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  return { payload, uploads };
}
