/**
 * Sending, editing and taking back. Each message has a nonce by which Discord tells a repetition from a new one, for a
 * few minutes; a repetition after that looks first whether the message is there, so that none is ever shown twice.
 * https://discord.com/developers/docs/resources/message#create-message
 */

import type { Clock } from '@mobyclaw/lib/clock';
import { type APIMessage, MessageFlags, Routes } from 'discord.js';
import type { RenderedPart } from '../../render/part.ts';
import type { Button, ChannelKey, EditOptions, OutboundFile, SendOptions, SendResult } from '../channel.ts';
import { readOggOpus, VOICE_NOTE } from '../ogg-opus.ts';
import type { CallOptions, DiscordApi } from './api.ts';
import { rowsOf } from './buttons.ts';
import type { DirectChats } from './direct-chats.ts';
import type { Doubts } from './doubts.ts';
import { DiscordError } from './errors.ts';
import { placeOf, shortNonce, snowflakeAt } from './keys.ts';
import type { OtherProgram } from './other-program.ts';

const UPLOAD_MS = 120_000; // 10 MB over a slow line
const LOOK_BACK_MS = 60_000; // clocks differ
const NOBODY = { parse: [], replied_user: false }; // what the model writes must ring at nobody

interface Outgoing {
  nonce: string;
  replyTo: string | undefined;
  content: string;
  buttons?: readonly Button[] | undefined;
  file?: OutboundFile;
}

export interface OutboundOptions {
  api: DiscordApi;
  chats: DirectChats;
  doubts: Doubts;
  others: OtherProgram;
  clock: Clock;
  /** Id of the bot, once it is known. */
  me: () => string | null;
}

export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  send(to: ChannelKey, part: RenderedPart, { nonce, replyTo, buttons }: SendOptions): Promise<SendResult> {
    return this.#deliver(to, { nonce, replyTo, content: part.text, buttons });
  }

  sendFile(
    to: ChannelKey,
    file: OutboundFile,
    { nonce, replyTo }: { nonce: string; replyTo?: string },
  ): Promise<SendResult> {
    return this.#deliver(to, { nonce, replyTo, content: '', file });
  }

  edit(to: ChannelKey, id: string, part: RenderedPart, { buttons }: EditOptions): Promise<SendResult> {
    return this.#settle(async () => {
      const body = {
        content: part.text,
        components: rowsOf(buttons), // what is left out stays as it is
        allowed_mentions: NOBODY,
        flags: MessageFlags.SuppressEmbeds,
      };
      const route = Routes.channelMessage(await this.chat(to), id);
      await this.#options.api.call('editMessage', 'PATCH', route, { body });
      return [id];
    });
  }

  remove(to: ChannelKey, id: string): Promise<SendResult> {
    return this.#settle(async () => {
      try {
        const route = Routes.channelMessage(await this.chat(to), id);
        await this.#options.api.call('deleteMessage', 'DELETE', route);
      } catch (error) {
        if (!(error instanceof DiscordError && error.refusal === 'gone')) throw error;
      }
      return [];
    });
  }

  /**
   * Id of the chat behind a key; a direct one is opened where it is not known.
   * @throws DiscordError, and RangeError for what is not a key of Discord
   */
  async chat(to: ChannelKey): Promise<string> {
    const place = placeOf(to);
    if ('channel' in place) return place.channel;
    return this.#options.chats.open(place.user);
  }

  #deliver(to: ChannelKey, outgoing: Outgoing): Promise<SendResult> {
    const { doubts, clock } = this.#options;
    const { nonce } = outgoing;
    return this.#settle(async () => {
      const chat = await this.chat(to);
      const since = doubts.outlived(nonce);
      if (since !== null) {
        const shown = await this.#find(chat, since, outgoing);
        doubts.dispel(nonce);
        if (shown !== null) return [shown];
      }
      const madeAt = clock.now();
      try {
        const id = await this.#create(chat, outgoing);
        doubts.settle(nonce, id);
        return [id];
      } catch (error) {
        if (error instanceof DiscordError && error.uncertain) doubts.note(nonce, madeAt);
        throw error;
      }
    });
  }

  async #create(chat: string, { nonce, replyTo, content, buttons = [], file }: Outgoing): Promise<string> {
    const { api, others } = this.#options;
    const short = shortNonce(nonce);
    others.writes(short);
    const note = file ? voiceNote(file) : null;
    const body = {
      content,
      nonce: short,
      enforce_nonce: true,
      allowed_mentions: NOBODY,
      flags: note ? MessageFlags.IsVoiceMessage : MessageFlags.SuppressEmbeds, // no previews of links
      ...(buttons.length > 0 ? { components: rowsOf(buttons) } : {}),
      ...(file ? { attachments: [{ id: 0, filename: file.name, ...note }] } : {}),
    };
    const reference =
      replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: false } };
    const options: CallOptions = file ? { file, timeoutMs: UPLOAD_MS } : {};
    const route = Routes.channelMessages(chat);
    const create = (whole: Record<string, unknown>) =>
      api.call<APIMessage>('createMessage', 'POST', route, { ...options, body: whole });
    try {
      return (await create({ ...body, ...reference })).id;
    } catch (error) {
      // Not a message that can be replied to, or no right to read the history: the text matters more.
      if (!(error instanceof DiscordError) || error.refusal !== 'no-reply' || replyTo === undefined)
        throw error;
      return (await create(body)).id;
    }
  }

  /** Looks for a message of ours that may have been shown. */
  async #find(chat: string, sinceMs: number, { content, file }: Outgoing): Promise<string | null> {
    const query = { after: String(snowflakeAt(sinceMs - LOOK_BACK_MS)), limit: '100' };
    const route = Routes.channelMessages(chat);
    const messages = await this.#options.api.call<APIMessage[]>('getMessages', 'GET', route, { query });
    const same = messages.find(
      (message) =>
        message.author.id === this.#options.me() &&
        !this.#options.doubts.isShown(message.id) &&
        message.content === content.trim() &&
        message.attachments.length === (file ? 1 : 0),
    );
    return same?.id ?? null;
  }

  async #settle(act: () => Promise<string[]>): Promise<SendResult> {
    try {
      return { status: 'sent', ids: await act() };
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      return { status: 'failed', error };
    }
  }
}

/** A voice message is a file with its length and a picture of its loudness (docs.discord.com, "Voice Messages"). */
function voiceNote({ mime, data }: OutboundFile): { duration_secs: number; waveform: string } | null {
  const note = mime === VOICE_NOTE ? readOggOpus(data) : null;
  return note && { duration_secs: note.seconds, waveform: Buffer.from(note.waveform).toString('base64') };
}
