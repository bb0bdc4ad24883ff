/**
 * The receive path. The library tells WhatsApp that a message arrived before it hands it over, and WhatsApp never brings it
 * again. So each stanza is on disk before that, and so is what it decrypts to, because a message can be decrypted only once;
 * both go when the message is on the gateway's disk. What a process before did not come to is worked on at the next start.
 */
import { createHash } from 'node:crypto';
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { ChannelHost, InboundEvent, MovedChat } from '../channel.ts';
import { traceOf } from '../error-trace.ts';
import { editIn, expirationOf, expirationSetIn, type Surroundings, toEdit, toMessage } from './inbound.ts';
import { isGroup, isHidden, isPhone, keyOf, personOf, userJid } from './keys.ts';
import {
  type Baileys,
  quietLogger,
  type WaAuth,
  type WaKey,
  type WaKeyStore,
  type WaMessage,
  type WaNode,
  type WaRepository,
  type WaSocket,
} from './library.ts';
import type { LoginStore } from './login-store.ts';
import { numberOf } from './message-content.ts';
import { savedSessions } from './saved-sessions.ts';

const STORE_RETRY_MS = 2000;
const TITLE_MS = 2000; // a name is not worth a longer wait
const MOST_RESUMES = 5; // a process can be killed by chance before the library has read a message, but not that often
const KEPT_RECENT = 500;
const KEPT_TITLES = 500;
const KEPT_LINKED = 2000;

export interface ReceiverOptions {
  baileys: Baileys;
  store: LoginStore;
  /** Of the encrypted sessions: `store`, with a memory. */
  keys: WaKeyStore;
  host: ChannelHost;
  /** The line has shown life. */
  onAlive: () => void;
  clock: Clock;
  signal: AbortSignal;
}

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #queue = new SerialQueue();
  readonly #titles = new BoundedMap<string, string>(KEPT_TITLES);
  /** Messages of people, to be quoted and marked as read. */
  readonly #recent = new BoundedMap<string, WaMessage>(KEPT_RECENT);
  /** Hidden ids to numbers, as the gateway was told. */
  readonly #linked = new BoundedMap<string, string>(KEPT_LINKED);
  #socket: WaSocket | null = null;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** What the library is to decrypt with: its own repository, with a memory. */
  readonly repository = (auth: WaAuth, _logger: unknown, phoneToHidden: unknown): WaRepository => {
    const { baileys, store, keys, clock } = this.#options;
    const { makeSignalRepository } = baileys.DEFAULT_CONNECTION_CONFIG;
    const own = makeSignalRepository(savedSessions(auth, keys), quietLogger, phoneToHidden);
    const once = async (sealed: Uint8Array, open: () => Promise<Uint8Array>): Promise<Uint8Array> => {
      const hash = createHash('sha256').update(sealed).digest('base64url');
      const known = store.decrypted(hash);
      if (known) return known;
      const opened = await open();
      store.rememberDecrypted(hash, opened, clock.now());
      return opened;
    };
    const decrypt = own.decryptMessage.bind(own);
    const decryptGroup = own.decryptGroupMessage.bind(own);
    own.decryptMessage = (given) => once(given.ciphertext, () => decrypt(given));
    own.decryptGroupMessage = (given) => once(given.msg, () => decryptGroup(given));
    return own;
  };

  listen(socket: WaSocket): void {
    this.#socket = socket;
    const { baileys, store, clock } = this.#options;
    socket.ws.on('frame', this.#options.onAlive);
    socket.ws.on('CB:message', (node) => {
      const id = stanzaId(node);
      if (id !== null) store.arrives(id, baileys.encodeBinaryNode(node), clock.now());
    });
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) void this.#queue.run(() => this.#take(message));
    });
    socket.ev.on('groups.update', (groups) => {
      for (const { id } of groups) if (id !== undefined) this.#titles.delete(id);
    });
  }

  /** Hands the library once more what a process before did not come to. */
  async resume(): Promise<void> {
    const { store, clock } = this.#options;
    store.forgetOld(clock.now());
    for (const { id, stanza } of store.unfinished()) {
      if (store.resumes(id) > MOST_RESUMES) {
        this.#drop(id, stanza, 'a message from before the restart has ended Moby too often and was dropped');
        continue;
      }
      const node = await this.#decode(id, stanza);
      if (!node) continue;
      node.attrs.offline ??= '1'; // it is not new
      this.#socket?.ws.emit('CB:message', node);
    }
  }

  /** What cannot be decoded now never can: it would fail every start for as long as it is kept. */
  async #decode(id: string, stanza: Uint8Array): Promise<WaNode | null> {
    try {
      return await this.#options.baileys.decodeBinaryNode(Buffer.from(stanza));
    } catch (error) {
      this.#drop(id, stanza, 'a message from before the restart could not be decoded and was dropped', error);
      return null;
    }
  }

  #drop(id: string, { length: bytes }: Uint8Array, why: string, error?: unknown): void {
    const { store, host } = this.#options;
    host.logger.error({ channel: 'whatsapp', bytes, ...(error === undefined ? {} : traceOf(error)) }, why);
    store.arrived(id);
  }

  /** The message that `messageId` names, or as much of it as can be told from the id. */
  recent(chat: string, id: string, participant: string | null): WaMessage {
    const key: WaKey = {
      remoteJid: chat,
      fromMe: false,
      id,
      ...(participant === null ? {} : { participant }),
    };
    return this.#recent.get(id) ?? { key };
  }

  /** Resolves when all that came in has been handed over or given up. */
  settled(): Promise<void> {
    return this.#queue.idle();
  }

  async #take(message: WaMessage): Promise<void> {
    const { host, store } = this.#options;
    if (message.key.id) store.readable(arrivingId(message.key));
    try {
      const event = await this.#read(message);
      if (event && !(await this.#store(event))) return;
    } catch (error) {
      host.logger.error(
        { channel: 'whatsapp', err: error },
        'a message could not be read and was passed over',
      );
    }
    if (message.key.id) store.arrived(arrivingId(message.key));
  }

  async #read(message: WaMessage): Promise<InboundEvent | null> {
    const { key } = message;
    const content = this.#options.baileys.normalizeMessageContent(message.message);
    // Without content: it came twice, or could not be read and is asked for again.
    if (!content || !key.id || !key.remoteJid) return null;
    const set = expirationSetIn(content);
    if (set === null && key.fromMe && !this.#isNote(key)) return null;
    const around = await this.#surroundings(key);
    if (!around) return null;
    const saidAt = numberOf(message.messageTimestamp) * 1000;
    if (set !== null) {
      this.#options.store.noteExpiration(around.chat, set, saidAt);
      return null;
    }
    const edit = editIn(content);
    if (edit) return toEdit(message, edit.id, edit.content, around);
    const event = toMessage(message, content, around);
    if (!event) return null;
    this.#recent.set(key.id, message);
    this.#options.store.noteExpiration(around.chat, expirationOf(content), saidAt);
    return event;
  }

  /** Where Moby is linked to the owner's own number, the owner writes to himself; all else of his goes to other people. */
  #isNote({ id, remoteJid }: WaKey): boolean {
    const { user } = this.#socket ?? {};
    const chat = userJid(remoteJid ?? '');
    if (!user || (chat !== userJid(user.id) && chat !== (user.lid && userJid(user.lid)))) return false;
    return this.#options.store.sent(id ?? '') === null; // what Moby wrote there himself
  }

  async #surroundings(key: WaKey): Promise<Surroundings | null> {
    const { user } = this.#socket ?? {};
    const chat = userJid(key.remoteJid ?? '');
    const group = isGroup(chat);
    const given = group ? key.participant : key.remoteJid;
    if (!user || !given) return null;
    const sender = await this.#byPhone(userJid(given), group ? key.participantAlt : key.remoteJidAlt);
    return {
      me: { phone: userJid(user.id), hidden: user.lid ? userJid(user.lid) : null },
      sender,
      chat: group ? chat : sender,
      title: group ? await this.#title(chat) : null,
      isOwn: (id) => this.#options.store.sent(id) !== null,
    };
  }

  /** WhatsApp names people by a hidden id more and more; lists of the owner name phone numbers. */
  async #byPhone(jid: string, other: string | null | undefined): Promise<string> {
    if (!isHidden(jid)) return jid;
    const given = other && isPhone(userJid(other)) ? other : null;
    const known = given ?? (await this.#socket?.signalRepository.lidMapping.getPNForLID(jid));
    if (!known) return jid;
    const phone = userJid(known);
    if (this.#linked.get(jid) !== phone && (await this.#store(joined(jid, phone))))
      this.#linked.set(jid, phone);
    return phone;
  }

  async #title(jid: string): Promise<string | null> {
    const known = this.#titles.get(jid);
    if (known !== undefined || !this.#socket) return known ?? null;
    const asked = this.#socket.groupMetadata(jid).then(
      ({ subject }) => subject ?? null,
      () => null, // it is for reading only
    );
    const title = await withTimeout<string | null>(this.#options.clock, TITLE_MS, asked, () => null);
    if (title !== null) this.#titles.set(jid, title);
    return title;
  }

  /** WhatsApp does not bring it again, so it is tried until it is stored. @returns whether it was */
  async #store(event: InboundEvent): Promise<boolean> {
    const { host, clock, signal } = this.#options;
    while (!signal.aborted) {
      try {
        await host.receive(event);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        host.logger.error({ channel: 'whatsapp', err: error }, 'a message could not be stored yet');
        await pause(clock, STORE_RETRY_MS, signal);
      }
    }
    return false;
  }
}

/** The person was known by the hidden id alone, perhaps, and what was so goes on under the number. */
function joined(hidden: string, phone: string): MovedChat {
  const person = { from: personOf(hidden), to: personOf(phone) };
  return { type: 'moved', from: keyOf(hidden), to: keyOf(phone), newMessages: false, person };
}

function stanzaId({ attrs: { id, from, participant } }: WaNode): string | null {
  return id && from ? arrivingId({ id, remoteJid: from, participant: participant ?? null }) : null;
}

function arrivingId({ id, remoteJid, participant }: WaKey): string {
  return [id, userJid(remoteJid ?? ''), participant ? userJid(participant) : ''].join(' ');
}
