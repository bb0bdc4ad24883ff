/**
 * WhatsApp as a linked device, by Baileys, which speaks the protocol of WhatsApp Web. It is not an official interface, and
 * not a part of Mobyclaw: see `library.ts`.
 *
 * Without a login the channel shows a QR code, or a pairing code where WHATSAPP_AUTH names a phone number, in its status.
 */
import { join } from 'node:path';
import type { Timer } from '@mobyclaw/lib/clock';
import { outsideAgent } from '@mobyclaw/lib/outside-agent';
import { proxyOf } from '@mobyclaw/lib/proxy';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { WhatsAppSettings } from '../../config/channels-config.ts';
import type { Abilities, Channel, ChannelHost } from '../channel.ts';
import { late, toClosedError, WhatsAppError } from './errors.ts';
import { isGroup, jidOf, readMessageId } from './keys.ts';
import {
  type Baileys,
  loadBaileys,
  quietLogger,
  type WaConnectionUpdate,
  type WaKeyStore,
  type WaSocket,
} from './library.ts';
import { LoginStore } from './login-store.ts';
import { downloadMedia } from './media.ts';
import { Outbound } from './outbound.ts';
import { Receiver } from './receiver.ts';

export interface WhatsAppTiming {
  /** Longest time of a call, in milliseconds. */
  callMs: number;
  /** From the connection to the greeting, where a login is there. */
  startMs: number;
  /** A line is asked so often whether it lives; when it has been silent for twice that, it is given up. */
  keepAliveMs: number;
}

const TIMING: WhatsAppTiming = { callMs: 20_000, startMs: 30_000, keepAliveMs: 15_000 };
const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;
const PAIRING_CODE_MS = 160_000;
const CLOSE_MS = 2000;
const DAMAGED = new Set([11, 26]); // SQLITE_CORRUPT, SQLITE_NOTADB; https://www.sqlite.org/rescode.html

const ABILITIES: Abilities = {
  text: { max: 4000, unit: 'utf16' }, // 65,536 are taken, but long ones are folded
  editEveryMs: 3000, // each edit is a whole message to every device
  buttons: false, // of apps that are linked, phones show none
  typingMs: 10_000,
  sendRepeatableMs: 24 * 3_600_000,
  fileBytes: 100_000_000,
  deafAfterMs: 45_000,
};

export function createWhatsAppChannel(
  settings: WhatsAppSettings,
  host: ChannelHost,
  { callMs, startMs, keepAliveMs }: WhatsAppTiming = TIMING,
): Channel {
  const { clock } = host;
  const ending = new AbortController();
  // For the line, and for files that are sent.
  const agents =
    proxyOf('https:', process.env) === null
      ? {}
      : { agent: outsideAgent(true), fetchAgent: outsideAgent(true) };
  let store: LoginStore | null = null;
  let receiver: Receiver | null = null;
  let socket: WaSocket | null = null;
  let outbound: Outbound | null = null;
  let opened = false;
  let aliveAt = 0;
  let watch: Timer | null = null;
  const closed = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  open.promise.catch(() => undefined); // `start` may be over by then

  /** For the end of the connection. */
  function bounded(work: Promise<void>): Promise<void> {
    return withTimeout(clock, CLOSE_MS, work, () => undefined);
  }

  function connected(): Outbound {
    if (!outbound) throw new Error('the channel was not started');
    return outbound;
  }

  function connect(library: Baileys, logins: LoginStore, keys: WaKeyStore, newReceiver: Receiver): WaSocket {
    const credentials = logins.credentials();
    const made = library.makeWASocket({
      auth: { creds: credentials, keys },
      logger: quietLogger,
      ...agents,
      browser: library.Browsers.macOS('Chrome'), // a pairing code needs one that WhatsApp knows
      ...(settings.webUrl === undefined ? {} : { waWebSocketUrl: settings.webUrl }),
      connectTimeoutMs: startMs,
      defaultQueryTimeoutMs: callMs,
      keepAliveIntervalMs: keepAliveMs,
      markOnlineOnConnect: false, // or the phone would stop to notify
      syncFullHistory: false,
      emitOwnEvents: false,
      generateHighQualityLinkPreview: false,
      shouldIgnoreJid: (jid: string) => jid.endsWith('@broadcast') || jid.endsWith('@newsletter'),
      getMessage: async ({ id }: { id?: string | null }) => (id ? logins.sent(id)?.message : undefined),
      makeSignalRepository: newReceiver.repository,
    });
    socket = made; // from here on there is something to close
    made.ev.on('creds.update', () => logins.saveCredentials(credentials));
    made.ev.on('connection.update', (update) => onUpdate(update, made, logins));
    newReceiver.listen(made);
    return made;
  }

  /** The library finds a dead line too, and then waits half a minute for it to say goodbye. */
  function watchLine(): void {
    watch = clock.after(keepAliveMs, () => {
      if (clock.now() - aliveAt > 2 * keepAliveMs) host.lost(toClosedError(408));
      else watchLine();
    });
  }

  function onAlive(): void {
    aliveAt = clock.now();
    host.alive();
  }

  let qrs = 0;
  let asked = false;

  function onUpdate(update: WaConnectionUpdate, made: WaSocket, logins: LoginStore): void {
    if (update.qr !== undefined) showLogin(update.qr, made);
    if (update.isNewLogin) host.login(null);
    if (update.connection === 'open') {
      opened = true;
      host.login(null);
      open.resolve();
    }
    if (update.connection !== 'close') return;
    const error = toClosedError(update.lastDisconnect?.error);
    if (error.loggedOut) logins.clear();
    closed.resolve();
    if (ending.signal.aborted) return;
    if (opened) host.lost(error);
    else open.reject(qrs > 0 && !error.fatal && error.code === '408' ? nobodyCame() : error);
  }

  function showLogin(qr: string, made: WaSocket): void {
    const phone = /^\+?(\d{6,15})$/.exec(settings.auth)?.[1];
    if (phone === undefined) {
      host.login({ qr, expiresAt: clock.now() + (qrs === 0 ? FIRST_QR_MS : NEXT_QR_MS) });
    } else if (!asked) {
      asked = true;
      made.requestPairingCode(phone).then(
        (pairingCode) => host.login({ pairingCode, expiresAt: clock.now() + PAIRING_CODE_MS }),
        () => open.reject(late('requestPairingCode')),
      );
    }
    qrs++;
  }

  return {
    abilities: ABILITIES,

    async start() {
      const library = await loadBaileys();
      if (ending.signal.aborted) return;
      const logins = openStore(join(host.folder(), 'login.db'), library);
      store = logins;
      const keys = library.makeCacheableSignalKeyStore(logins.keys, quietLogger);
      const newReceiver = new Receiver({
        baileys: library,
        store: logins,
        keys,
        host,
        onAlive,
        clock,
        signal: ending.signal,
      });
      receiver = newReceiver;
      const connection = connect(library, logins, keys, newReceiver);
      await withTimeout(clock, startMs, open.promise, () => {
        if (qrs > 0) return open.promise; // it waits for a person
        throw late('connect');
      });
      outbound = new Outbound({
        baileys: library,
        socket: connection,
        store: logins,
        receiver: newReceiver,
        clock,
        callMs,
      });
      watchLine();
      await newReceiver.resume();
    },

    async stop() {
      ending.abort();
      watch?.cancel();
      open.reject(late('connect'));
      if (socket) {
        const { ws } = socket;
        const ended = socket.end(undefined);
        const line = ws.socket;
        await bounded(Promise.race([ended, closed.promise]));
        line?.terminate();
        await bounded(ended);
      }
      if (receiver) await bounded(receiver.settled());
      store?.close();
    },

    async send(to, part, options) {
      const result = await connected().send(to, part, options);
      if (!options.live) await pauseTyping(to);
      return result;
    },

    edit: (to, id, part) => connected().edit(to, id, part),
    remove: (to, id) => connected().remove(to, id),
    sendFile: (to, file, options) => connected().sendFile(to, file, options),

    async download(ref, mostBytes) {
      return downloadMedia(ref, mostBytes, settings.webUrl !== undefined);
    },

    async typing(to) {
      await socket?.sendPresenceUpdate('composing', jidOf(to)).catch(() => undefined); // a sign that does not show is no loss
    },

    async seen(to, messageId) {
      const jid = jidOf(to);
      const { id, participant } = readMessageId(messageId);
      const { key } = receiver?.recent(jid, id, isGroup(jid) ? participant : null) ?? {};
      if (key) await socket?.readMessages([key]).catch(() => undefined); // nor is a receipt
    },
  };

  async function pauseTyping(to: string): Promise<void> {
    await socket?.sendPresenceUpdate('paused', jidOf(to)).catch(() => undefined);
  }
}

/** @throws WhatsAppError */
function openStore(path: string, baileys: Baileys): LoginStore {
  try {
    return new LoginStore(path, baileys);
  } catch (error) {
    const damaged = DAMAGED.has(((error as { errcode?: number }).errcode ?? 0) % 256);
    throw new WhatsAppError({
      method: 'open',
      code: damaged ? 'damaged' : 'unreadable',
      message: `The login of WhatsApp cannot be read (${path}).`,
      hint: damaged
        ? 'Move the file away and log in anew: "./mobyclaw channels login whatsapp".'
        : 'See whether the disk is full, and whether the file is yours.',
      remedy: damaged ? 'none' : 'retry', // a disk that is full is not full for ever
      fatal: damaged,
      cause: error,
    });
  }
}

function nobodyCame(): WhatsAppError {
  return new WhatsAppError({
    method: 'login',
    code: 'not-logged-in',
    message: 'Nobody has logged Moby in to WhatsApp.',
    hint: 'Run "./mobyclaw channels login whatsapp", and scan the code with the phone.',
    remedy: 'retry',
    fatal: true,
  });
}
