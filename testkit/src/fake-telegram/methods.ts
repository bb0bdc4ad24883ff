/** The methods of the Bot API that a bot like ours calls, with the refusals of the real one. */
import type { Chats, FakeButton, FakeMessage } from './chats.ts';

export const BOT_ID = 4242;
export const BOT_NAME = 'moby_test_bot';
const MOST_TEXT = 4096; // code points
const MOST_CAPTION = 1024;
const MOST_BUTTON_BYTES = 64;
const MOST_ANSWER = 200;

export class Refusal extends Error {
  readonly code: number;
  readonly parameters: Record<string, number>;

  constructor(code: number, description: string, parameters: Record<string, number> = {}) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

export type Payload = Record<string, unknown>;

export interface Uploaded {
  field: string;
  name: string;
  bytes: Uint8Array;
}

export interface Methods {
  chats: Chats;
  files: Map<string, { path: string; bytes: Uint8Array }>;
  commands: unknown[];
  /** Presses that the bot has not answered yet, and what it said to those that it has. */
  presses: { open: Set<string>; answered: { id: string; text: string }[] };
  /** False: a server from before Bot API 9.3. */
  knowsDrafts: boolean;
}

/** @throws Refusal */
export function callMethod(state: Methods, method: string, payload: Payload, uploads: Uploaded[]): unknown {
  switch (method) {
    case 'getMe':
      return { id: BOT_ID, is_bot: true, first_name: 'Moby', username: BOT_NAME };
    case 'deleteWebhook':
      return true;
    case 'setMyCommands':
      state.commands = payload.commands as unknown[];
      return true;
    case 'sendChatAction':
      checkChat(state.chats, Number(payload.chat_id));
      return true;
    case 'setMessageReaction':
      return react(state.chats, payload);
    case 'sendMessage':
      return sendMessage(state.chats, payload);
    case 'sendMessageDraft':
      if (!state.knowsDrafts) throw new Refusal(404, 'Not Found: method not found');
      return sendDraft(state.chats, payload);
    case 'editMessageText':
      return editMessage(state.chats, payload);
    case 'deleteMessage':
      return deleteMessage(state.chats, payload);
    case 'sendPhoto':
    case 'sendDocument':
    case 'sendVoice':
      return sendFile(state.chats, payload, uploads);
    case 'answerCallbackQuery':
      return answerPress(state, payload);
    case 'getFile':
      return getFile(state, String(payload.file_id));
    default:
      throw new Refusal(404, 'Not Found');
  }
}

function checkChat(chats: Chats, chat: number): void {
  const migrated = chats.migrated.get(chat);
  if (migrated !== undefined) {
    const parameters = { migrate_to_chat_id: migrated };
    throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', parameters);
  }
  if (chats.gone.has(chat)) throw new Refusal(400, 'Bad Request: chat not found');
  if (chats.blocked.has(chat)) throw new Refusal(403, 'Forbidden: bot was blocked by the user');
}

function react(chats: Chats, payload: Payload): true {
  const chat = Number(payload.chat_id);
  checkChat(chats, chat);
  const message = chats.find(chat, Number(payload.message_id));
  if (!message) throw new Refusal(400, 'Bad Request: message to react not found');
  const [reaction] = payload.reaction as { emoji?: string }[];
  message.reaction = reaction?.emoji ?? null;
  return true;
}

function checkText(text: unknown, entities: unknown, parseMode: unknown): string {
  const given = typeof text === 'string' ? text : '';
  if (given.trim() === '') throw new Refusal(400, 'Bad Request: message text is empty');
  if ([...given].length > MOST_TEXT) throw new Refusal(400, 'Bad Request: message is too long');
  if (parseMode === 'HTML' && (given.match(/</g)?.length ?? 0) !== (given.match(/>/g)?.length ?? 0)) {
    throw new Refusal(400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 0");
  }
  for (const { offset, length } of (entities ?? []) as { offset: number; length: number }[]) {
    if (offset < 0 || length <= 0 || offset + length > given.length) {
      throw new Refusal(400, 'Bad Request: ENTITY_BOUNDS_INVALID');
    }
  }
  return given;
}

function checkButtons(markup: unknown): FakeButton[][] {
  const rows = (markup as { inline_keyboard?: FakeButton[][] } | undefined)?.inline_keyboard ?? [];
  for (const { text, callback_data } of rows.flat()) {
    const bytes = Buffer.byteLength(callback_data ?? '');
    if (!text || bytes === 0 || bytes > MOST_BUTTON_BYTES)
      throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID');
  }
  return rows;
}

function answerPress({ presses }: Methods, { callback_query_id, text = '' }: Payload): true {
  const id = String(callback_query_id);
  if (!presses.open.delete(id)) {
    throw new Refusal(
      400,
      'Bad Request: query is too old and response timeout expired or query ID is invalid',
    );
  }
  if (String(text).length > MOST_ANSWER) throw new Refusal(400, 'Bad Request: MESSAGE_TOO_LONG');
  presses.answered.push({ id, text: String(text) });
  return true;
}

function checkReply(chats: Chats, chat: number, given: unknown): number | null {
  const reply = (typeof given === 'string' ? JSON.parse(given) : given) as
    | { message_id: number; allow_sending_without_reply?: boolean }
    | undefined;
  if (!reply) return null;
  if (chats.find(chat, reply.message_id)) return reply.message_id;
  if (reply.allow_sending_without_reply) return null;
  throw new Refusal(400, 'Bad Request: message to be replied not found');
}

function sendMessage(chats: Chats, payload: Payload): unknown {
  const chat = Number(payload.chat_id);
  checkChat(chats, chat);
  const text = checkText(payload.text, payload.entities, payload.parse_mode);
  const replyTo = checkReply(chats, chat, payload.reply_parameters);
  return toTelegram(
    chats.add({
      chat,
      from: 'bot',
      text,
      entities: (payload.entities ?? []) as unknown[],
      buttons: checkButtons(payload.reply_markup),
      replyTo,
      topic: payload.message_thread_id === undefined ? null : Number(payload.message_thread_id),
      file: null,
    }),
  );
}

function sendDraft(chats: Chats, payload: Payload): true {
  const chat = Number(payload.chat_id);
  checkChat(chats, chat);
  if (chat < 0) throw new Refusal(400, 'Bad Request: TEXTDRAFT_PEER_INVALID');
  const id = Number(payload.draft_id);
  if (!Number.isSafeInteger(id) || id === 0) throw new Refusal(400, 'Bad Request: RANDOM_ID_INVALID');
  const isPlaceholder = payload.text === undefined || payload.text === '';
  chats.draw(chat, {
    id,
    text: isPlaceholder ? 'Thinking…' : checkText(payload.text, payload.entities, payload.parse_mode),
    entities: (payload.entities ?? []) as unknown[],
    topic: payload.message_thread_id === undefined ? null : Number(payload.message_thread_id),
  });
  return true;
}

function editMessage(chats: Chats, payload: Payload): unknown {
  const chat = Number(payload.chat_id);
  checkChat(chats, chat);
  const text = checkText(payload.text, payload.entities, payload.parse_mode);
  const message = chats.find(chat, Number(payload.message_id));
  if (!message) throw new Refusal(400, 'Bad Request: message to edit not found');
  if (message.from !== 'bot') throw new Refusal(400, "Bad Request: message can't be edited");
  const entities = (payload.entities ?? []) as unknown[];
  const buttons = checkButtons(payload.reply_markup);
  const same = (before: unknown, after: unknown): boolean => JSON.stringify(before) === JSON.stringify(after);
  if (message.text === text && same(message.entities, entities) && same(message.buttons, buttons)) {
    throw new Refusal(
      400,
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
  }
  message.text = text;
  message.entities = entities;
  message.buttons = buttons;
  message.versions.push(text);
  return toTelegram(message);
}

function deleteMessage(chats: Chats, payload: Payload): unknown {
  const chat = Number(payload.chat_id);
  checkChat(chats, chat);
  const message = chats.find(chat, Number(payload.message_id));
  if (!message) throw new Refusal(400, 'Bad Request: message to delete not found');
  message.deleted = true;
  return true;
}

function sendFile(chats: Chats, payload: Payload, uploads: Uploaded[]): unknown {
  const chat = Number(payload.chat_id);
  checkChat(chats, chat);
  const caption = String(payload.caption ?? '');
  if ([...caption].length > MOST_CAPTION) throw new Refusal(400, 'Bad Request: message caption is too long');
  const file = uploads[0];
  if (!file) throw new Refusal(400, 'Bad Request: there is no document in the request');
  const replyTo = checkReply(chats, chat, payload.reply_parameters);
  return toTelegram(
    chats.add({ chat, from: 'bot', text: caption, entities: [], replyTo, topic: null, file }),
  );
}

function getFile(state: Methods, id: string): unknown {
  const file = state.files.get(id);
  if (!file) throw new Refusal(400, 'Bad Request: invalid file_id');
  return { file_id: id, file_unique_id: id, file_size: file.bytes.length, file_path: file.path };
}

function toTelegram({ id, chat, text }: FakeMessage): unknown {
  return {
    message_id: id,
    date: Math.floor(Date.now() / 1000),
    chat: { id: chat, type: chat < 0 ? 'supergroup' : 'private' },
    from: { id: BOT_ID, is_bot: true, first_name: 'Moby', username: BOT_NAME },
    text,
  };
}
