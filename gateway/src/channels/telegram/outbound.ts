/**
 * Sending, editing and taking back. Telegram has no key by which a repeated `sendMessage` could be told from a new one,
 * so a send that timed out is `unknown`; an edit can be repeated at will.
 */

import type { Message, MessageEntity } from 'telegraf/types';
import type { RenderedPart } from '../../render/part.ts';
import type {
  ChannelKey,
  EditOptions,
  InboundEvent,
  OutboundFile,
  SendOptions,
  SendResult,
} from '../channel.ts';
import { readOggOpus, VOICE_NOTE } from '../ogg-opus.ts';
import type { BotApi } from './api.ts';
import { keyboard } from './buttons.ts';
import { TelegramError } from './errors.ts';
import { moved } from './inbound.ts';
import { type Place, placeOf } from './keys.ts';

const UPLOAD_MS = 120_000; // 50 MB over a slow line
const PHOTO_TYPES = /^image\/(png|jpeg|webp)$/;
const MOST_PHOTO_BYTES = 10_000_000;

export class Outbound {
  readonly #api: BotApi;
  readonly #onMoved: (event: InboundEvent) => void;

  /** @param onMoved told where a send shows that a group goes on under another id */
  constructor(api: BotApi, onMoved: (event: InboundEvent) => void) {
    this.#api = api;
    this.#onMoved = onMoved;
  }

  send(to: ChannelKey, part: RenderedPart, { replyTo, buttons }: SendOptions): Promise<SendResult> {
    return this.#deliver(to, replyTo, (place, answered) =>
      this.#api.call('sendMessage', {
        ...place,
        ...formatted(part),
        link_preview_options: { is_disabled: true },
        ...replying(answered),
        ...keyboard(buttons),
      }),
    );
  }

  async edit(to: ChannelKey, id: string, part: RenderedPart, { buttons }: EditOptions): Promise<SendResult> {
    const { chat_id } = placeOf(to);
    try {
      await this.#api.call('editMessageText', {
        chat_id,
        message_id: Number(id),
        ...formatted(part),
        link_preview_options: { is_disabled: true },
        ...keyboard(buttons), // without one, Telegram takes away the one that is there
      });
      return { status: 'sent', ids: [id] };
    } catch (error) {
      if (!(error instanceof TelegramError)) throw error;
      if (error.refusal === 'not-modified') return { status: 'sent', ids: [id] };
      this.#heed(chat_id, error);
      return { status: 'failed', error };
    }
  }

  async remove(to: ChannelKey, id: string): Promise<SendResult> {
    const { chat_id } = placeOf(to);
    try {
      await this.#api.call('deleteMessage', { chat_id, message_id: Number(id) });
      return { status: 'sent', ids: [] };
    } catch (error) {
      if (!(error instanceof TelegramError)) throw error;
      this.#heed(chat_id, error);
      if (error.refusal === 'gone' || error.migratedTo !== null) return { status: 'sent', ids: [] };
      return { status: 'failed', error };
    }
  }

  sendFile(to: ChannelKey, file: OutboundFile, replyTo: string | undefined): Promise<SendResult> {
    const source = { source: Buffer.from(file.data), filename: file.name };
    if (file.mime === VOICE_NOTE) return this.#sendVoice(to, file, replyTo);
    const asPhoto = PHOTO_TYPES.test(file.mime) && file.data.byteLength <= MOST_PHOTO_BYTES;
    const options = { timeoutMs: UPLOAD_MS };
    return this.#deliver(to, replyTo, (place, answered) => {
      // In a form, telegraf sends objects as files: what is not plain has to be JSON already.
      const reply =
        answered === undefined ? {} : { reply_parameters: JSON.stringify(replyParameters(answered)) };
      const common = { ...place, ...(reply as Record<string, never>) };
      const document = () => this.#api.call('sendDocument', { ...common, document: source }, options);
      if (!asPhoto) return document();
      return this.#api.call('sendPhoto', { ...common, photo: source }, options).catch((error: unknown) => {
        if (!refusesPicture(error)) throw error;
        return document();
      });
    });
  }

  /** Whom premium users forbid voice messages, gets the same as a file. */
  #sendVoice(to: ChannelKey, file: OutboundFile, replyTo: string | undefined): Promise<SendResult> {
    const source = { source: Buffer.from(file.data), filename: file.name };
    const options = { timeoutMs: UPLOAD_MS };
    const duration = readOggOpus(file.data)?.seconds;
    return this.#deliver(to, replyTo, (place, answered) => {
      const reply =
        answered === undefined ? {} : { reply_parameters: JSON.stringify(replyParameters(answered)) };
      const common = { ...place, ...(reply as Record<string, never>) };
      const length = duration === undefined ? {} : { duration };
      return this.#api
        .call('sendVoice', { ...common, ...length, voice: source }, options)
        .catch((error: unknown) => {
          if (!(error instanceof TelegramError) || !/VOICE_MESSAGES_FORBIDDEN/.test(error.message))
            throw error;
          return this.#api.call('sendDocument', { ...common, document: source }, options);
        });
    });
  }

  async #deliver(
    to: ChannelKey,
    replyTo: string | undefined,
    send: (place: Place, replyTo: string | undefined) => Promise<Message>,
  ): Promise<SendResult> {
    const place = placeOf(to);
    try {
      return sent(await send(place, replyTo));
    } catch (error) {
      if (!(error instanceof TelegramError)) throw error;
      if (error.migratedTo === null) return notSent(error);
      this.#heed(place.chat_id, error);
      // It was refused under the old id and is sent once under the new one, where what it answers is not.
      return send({ ...place, chat_id: error.migratedTo }, undefined).then(sent, (again: unknown) => {
        if (!(again instanceof TelegramError)) throw again;
        return notSent(again);
      });
    }
  }

  #heed(chat: number, { migratedTo }: TelegramError): void {
    if (migratedTo !== null) this.#onMoved(moved(chat, migratedTo));
  }
}

function notSent(error: TelegramError): SendResult {
  return { status: error.effect === 'perhaps' ? 'unknown' : 'failed', error };
}

/** Too long for its width, or not what its type says: it is no photo to Telegram then, yet still a file. */
function refusesPicture(error: unknown): boolean {
  if (!(error instanceof TelegramError) || error.code !== '400') return false;
  return error.refusal === 'other';
}

function sent(message: Message): SendResult {
  return { status: 'sent', ids: [String(message.message_id)] };
}

/** Text and entities as the Bot API takes them. */
export function formatted(part: RenderedPart): { text: string; entities?: MessageEntity[] } {
  const entities = part.extras?.entities as MessageEntity[] | undefined;
  return { text: part.text, ...(entities && entities.length > 0 ? { entities } : {}) };
}

function replying(replyTo: string | undefined) {
  return replyTo === undefined ? {} : { reply_parameters: replyParameters(replyTo) };
}

function replyParameters(replyTo: string) {
  return { message_id: Number(replyTo), allow_sending_without_reply: true };
}
