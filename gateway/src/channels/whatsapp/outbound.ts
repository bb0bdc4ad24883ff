/**
 * Sending, editing and taking back. The id of a message is made from its nonce, and phones show one id once: a send of which
 * nobody knows can be repeated. It counts as sent when WhatsApp has acknowledged it; the library is content when it is
 * written to the socket.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { RenderedPart } from '../../render/part.ts';
import type { ChannelKey, OutboundFile, SendOptions, SendResult } from '../channel.ts';
import { readOggOpus, VOICE_NOTE } from '../ogg-opus.ts';
import { late, refusalOf, toCallError, WhatsAppError } from './errors.ts';
import { jidOf, readMessageId } from './keys.ts';
import { type Baileys, quietLogger, type WaSocket } from './library.ts';
import type { LoginStore } from './login-store.ts';
import type { Receiver } from './receiver.ts';

const EDITABLE_MS = 14 * 60_000; // WhatsApp takes edits for 15 minutes, and drops later ones without a word
const UPLOAD_MS = 120_000;
const EDIT = '1';
const REVOKE = '7';

export interface OutboundOptions {
  baileys: Baileys;
  socket: WaSocket;
  store: LoginStore;
  receiver: Receiver;
  clock: Clock;
  callMs: number;
}

export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  send(to: ChannelKey, part: RenderedPart, { replyTo, nonce }: SendOptions): Promise<SendResult> {
    const jid = jidOf(to);
    return this.#deliver('send', jid, idFrom(nonce), textOf(part), this.#quoting(jid, replyTo));
  }

  async edit(to: ChannelKey, id: string, part: RenderedPart): Promise<SendResult> {
    const { store, clock } = this.#options;
    const sentAt = store.sent(id)?.at ?? 0;
    if (clock.now() - sentAt > EDITABLE_MS) {
      const message = 'WhatsApp takes no edits of a message this old.';
      const error = new WhatsAppError({ method: 'edit', code: 'too-old', message, remedy: 'send-new' });
      return { status: 'failed', error };
    }
    const jid = jidOf(to);
    const content = { ...textOf(part), edit: { remoteJid: jid, fromMe: true, id } };
    const result = await this.#deliver('edit', jid, newId(), content, { attributes: { edit: EDIT } });
    return result.status === 'sent' ? { status: 'sent', ids: [id] } : result;
  }

  async remove(to: ChannelKey, id: string): Promise<SendResult> {
    const jid = jidOf(to);
    const content = { delete: { remoteJid: jid, fromMe: true, id } };
    const result = await this.#deliver('delete', jid, newId(), content, { attributes: { edit: REVOKE } });
    return result.status === 'sent' ? { status: 'sent', ids: [] } : result;
  }

  sendFile(
    to: ChannelKey,
    { name, mime, data }: OutboundFile,
    { replyTo, nonce }: { replyTo?: string; nonce: string },
  ): Promise<SendResult> {
    const jid = jidOf(to);
    const bytes = Buffer.from(data);
    const picture = mime === 'image/jpeg' || mime === 'image/png';
    const note = mime === VOICE_NOTE ? readOggOpus(data) : null;
    const content = note
      ? { audio: bytes, ptt: true, mimetype: VOICE_NOTE, ...note }
      : picture
        ? { image: bytes, mimetype: mime, jpegThumbnail: null } // none, since making one needs another library
        : { document: bytes, fileName: name, mimetype: mime };
    return this.#deliver('sendFile', jid, idFrom(nonce), content, {
      ...this.#quoting(jid, replyTo),
      ms: UPLOAD_MS,
    });
  }

  #quoting(jid: string, replyTo: string | undefined): { quoted?: object } {
    if (replyTo === undefined) return {};
    const { id, participant } = readMessageId(replyTo);
    const quoted = this.#options.receiver.recent(jid, id, participant);
    return quoted.message ? { quoted } : {}; // after a restart there is nothing to quote
  }

  async #deliver(
    method: string,
    jid: string,
    messageId: string,
    content: Record<string, unknown>,
    { quoted, attributes, ms }: { quoted?: object; attributes?: Record<string, string>; ms?: number },
  ): Promise<SendResult> {
    const { baileys, socket, store, clock, callMs } = this.#options;
    const limitMs = ms ?? callMs;
    const work = async (): Promise<SendResult> => {
      const { message } = await baileys.generateWAMessage(jid, content, {
        userJid: socket.user?.id,
        upload: socket.waUploadToServer,
        mediaUploadTimeoutMs: limitMs,
        logger: quietLogger,
        messageId,
        ephemeralExpiration: store.expiration(jid), // where messages disappear, ours do too
        ...(quoted ? { quoted } : {}),
      });
      if (!attributes) store.rememberSent(messageId, message, store.sent(messageId)?.at ?? clock.now());
      const answered = socket.waitForMessage(messageId, limitMs).catch((error: unknown) => {
        throw toCallError(method, error);
      });
      answered.catch(() => undefined); // where sending fails, nobody waits for it
      await socket.relayMessage(jid, message, {
        messageId,
        ...(attributes ? { additionalAttributes: attributes } : {}),
      });
      const node = await answered;
      if (!node) throw late(method);
      const refusal = refusalOf(method, node);
      if (refusal) throw refusal;
      return { status: 'sent', ids: [messageId] };
    };
    const worked = work().catch((error: unknown) => failed(method, error));
    return withTimeout(clock, limitMs, worked, () => failed(method, late(method)));
  }
}

function failed(method: string, error: unknown): SendResult {
  return { status: 'failed', error: toCallError(method, error) };
}

function textOf({ text }: RenderedPart): Record<string, unknown> {
  return { text, linkPreview: null }; // the library would fetch every address in it
}

/** WhatsApp's own clients make ids of this form. */
export function idFrom(nonce: string): string {
  return `3EB0${createHash('sha256').update(nonce).digest('hex').slice(0, 18).toUpperCase()}`;
}

function newId(): string {
  return idFrom(crypto.randomUUID());
}
