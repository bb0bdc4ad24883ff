/**
 * Baileys, as far as it is used here. It is no dependency of the gateway: it is installed beside it where WhatsApp is
 * enabled (`gateway/optional/whatsapp`, with a lock file of its own), because libsignal, which is among it, is GPL-3.0. So
 * its types are written down here, and it is found on the disk when it is needed.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ChannelError } from '../channel-error.ts';

export interface WaKey {
  remoteJid?: string | null;
  remoteJidAlt?: string | null;
  fromMe?: boolean | null;
  id?: string | null;
  participant?: string | null;
  participantAlt?: string | null;
}

export interface WaContext {
  stanzaId?: string | null;
  participant?: string | null;
  quotedMessage?: WaContent | null;
  mentionedJid?: string[] | null;
  isForwarded?: boolean | null;
  /** In a chat where messages disappear: after how many seconds. */
  expiration?: number | null;
}

export interface WaMedia {
  url?: string | null;
  directPath?: string | null;
  mediaKey?: Uint8Array | null;
  mimetype?: string | null;
  fileLength?: number | { toNumber(): number } | null;
  fileName?: string | null;
  caption?: string | null;
  ptt?: boolean | null;
  contextInfo?: WaContext | null;
}

export interface WaLocation {
  degreesLatitude?: number | null;
  degreesLongitude?: number | null;
  name?: string | null;
}

export interface WaContact {
  displayName?: string | null;
  vcard?: string | null;
}

export interface WaPoll {
  name?: string | null;
  options?: { optionName?: string | null }[] | null;
}

/** https://github.com/WhiskeySockets/Baileys, WAProto: `Message` */
export interface WaContent {
  conversation?: string | null;
  extendedTextMessage?: { text?: string | null; contextInfo?: WaContext | null } | null;
  imageMessage?: WaMedia | null;
  videoMessage?: WaMedia | null;
  audioMessage?: WaMedia | null;
  documentMessage?: WaMedia | null;
  stickerMessage?: WaMedia | null;
  /** A round video. */
  ptvMessage?: WaMedia | null;
  locationMessage?: WaLocation | null;
  liveLocationMessage?: WaLocation | null;
  contactMessage?: WaContact | null;
  contactsArrayMessage?: { contacts?: WaContact[] | null } | null;
  pollCreationMessage?: WaPoll | null;
  pollCreationMessageV2?: WaPoll | null;
  pollCreationMessageV3?: WaPoll | null;
  pollCreationMessageV5?: WaPoll | null;
  protocolMessage?: {
    key?: WaKey | null;
    type?: number | null;
    editedMessage?: WaContent | null;
    ephemeralExpiration?: number | null;
  } | null;
  messageContextInfo?: { messageAssociation?: { parentMessageKey?: WaKey | null } | null } | null;
}

export interface WaMessage {
  key: WaKey;
  message?: WaContent | null;
  messageTimestamp?: number | { toNumber(): number } | null;
  pushName?: string | null;
}

/** A stanza of the protocol. */
export interface WaNode {
  tag: string;
  attrs: Record<string, string>;
  content?: unknown;
}

export interface WaConnectionUpdate {
  connection?: 'open' | 'connecting' | 'close';
  lastDisconnect?: { error?: unknown };
  isNewLogin?: boolean;
  qr?: string;
}

export interface WaEvents {
  'connection.update': WaConnectionUpdate;
  'creds.update': unknown;
  'messages.upsert': { messages: WaMessage[]; type: 'append' | 'notify' };
  'groups.update': { id?: string }[];
}

export interface WaGroup {
  subject?: string;
  participants: { id: string }[];
}

export interface WaSocket {
  ev: { on<E extends keyof WaEvents>(event: E, listener: (data: WaEvents[E]) => void): void };
  ws: {
    on(event: string, listener: (node: WaNode) => void): void;
    emit(event: string, node: WaNode): boolean;
    /** The WebSocket below. */
    socket?: { terminate(): void } | null;
  };
  user?: { id: string; lid?: string };
  signalRepository: { lidMapping: { getPNForLID(lid: string): Promise<string | null> } };
  waUploadToServer: unknown;
  requestPairingCode(phone: string): Promise<string>;
  relayMessage(
    jid: string,
    message: WaContent,
    options: { messageId: string; additionalAttributes?: Record<string, string> },
  ): Promise<string>;
  waitForMessage(id: string, timeoutMs: number): Promise<WaNode | undefined>;
  readMessages(keys: WaKey[]): Promise<void>;
  sendPresenceUpdate(type: 'composing' | 'paused', jid: string): Promise<void>;
  groupMetadata(jid: string): Promise<WaGroup>;
  end(error: Error | undefined): Promise<void>;
}

export interface WaCredentials {
  /** Present once a phone has accepted us. */
  account?: unknown;
  me?: { id: string };
}

export type WaKeyChanges = Record<string, Record<string, unknown>>;

export interface WaKeyStore {
  get(type: string, ids: string[]): Promise<Record<string, unknown>> | Record<string, unknown>;
  set(changes: WaKeyChanges): Promise<void> | void;
}

/** What sessions are made and used with; `keys` of the library's own kind, which knows transactions. */
export interface WaAuth {
  creds: unknown;
  keys: WaKeyStore;
}

export interface WaRepository {
  decryptMessage(given: { jid: string; type: string; ciphertext: Uint8Array }): Promise<Uint8Array>;
  decryptGroupMessage(given: { group: string; authorJid: string; msg: Uint8Array }): Promise<Uint8Array>;
}

export interface WaLogger {
  level: string;
  child(given: Record<string, unknown>): WaLogger;
  trace(given: unknown, message?: string): void;
  debug(given: unknown, message?: string): void;
  info(given: unknown, message?: string): void;
  warn(given: unknown, message?: string): void;
  error(given: unknown, message?: string): void;
}

export interface Baileys {
  makeWASocket(config: Record<string, unknown>): WaSocket;
  makeCacheableSignalKeyStore(store: WaKeyStore, logger: WaLogger): WaKeyStore;
  initAuthCreds(): WaCredentials;
  BufferJSON: {
    replacer: (key: string, value: unknown) => unknown;
    reviver: (key: string, value: unknown) => unknown;
  };
  Browsers: { macOS(browser: string): [string, string, string] };
  normalizeMessageContent(content: WaContent | null | undefined): WaContent | undefined;
  generateWAMessage(
    jid: string,
    content: Record<string, unknown>,
    options: Record<string, unknown>,
  ): Promise<{ message: WaContent }>;
  encodeBinaryNode(node: WaNode): Buffer;
  /** Of what `encodeBinaryNode` made, the leading byte included. */
  decodeBinaryNode(data: Buffer): Promise<WaNode>;
  DEFAULT_CONNECTION_CONFIG: {
    makeSignalRepository(auth: WaAuth, logger: WaLogger, phoneToHidden: unknown): WaRepository;
  };
  proto: {
    Message: {
      encode(message: WaContent): { finish(): Uint8Array };
      decode(data: Uint8Array): WaContent;
      AppStateSyncKeyData: { fromObject(value: unknown): unknown };
    };
  };
}

const NAME = '@whiskeysockets/baileys';

/** Where the package is installed; null where the gateway was copied without it. */
export function packageFolder(from = import.meta.dirname): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    for (const path of ['gateway/optional/whatsapp', 'optional/whatsapp']) {
      if (existsSync(join(folder, path, 'package.json'))) return join(folder, path);
    }
    if (folder === dirname(folder)) return null;
  }
}

/** @throws ChannelError where it is not installed */
export async function loadBaileys(): Promise<Baileys> {
  const folder = packageFolder();
  if (folder === null || !existsSync(join(folder, 'node_modules', NAME))) throw notInstalled();
  silenceLibsignal();
  const entry = createRequire(join(folder, 'package.json')).resolve(NAME);
  return (await import(pathToFileURL(entry).href)) as Baileys;
}

function notInstalled(): ChannelError {
  return new ChannelError({
    channel: 'whatsapp',
    method: 'load',
    code: 'not-installed',
    message:
      'What WhatsApp needs is not installed; it is not a part of Mobyclaw, because libsignal is GPL-3.0.',
    hint: 'Run "./mobyclaw channels login whatsapp", which installs it.',
    remedy: 'none',
    fatal: true,
  });
}

let silenced = false;

/** libsignal prints sessions, keys included, to the console. What it prints is dropped, and nothing else. */
function silenceLibsignal(): void {
  if (silenced) return;
  silenced = true;
  const { console } = globalThis;
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    const print = console[method].bind(console);
    console[method] = (...given: unknown[]) => {
      if (!/[/\\]node_modules[/\\]libsignal[/\\]/.test(new Error().stack ?? '')) print(...given);
    };
  }
}

const silence = (): void => undefined;

/** Baileys logs messages with their texts; what goes wrong comes to us as errors. */
export const quietLogger: WaLogger = {
  level: 'silent',
  child: () => quietLogger,
  trace: silence,
  debug: silence,
  info: silence,
  warn: silence,
  error: silence,
};
