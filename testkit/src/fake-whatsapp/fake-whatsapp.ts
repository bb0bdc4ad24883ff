/**
 * A WhatsApp for tests: a real WebSocket with the Noise handshake, login by QR code, stanzas, and people whose phones decrypt
 * what they are sent.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Credentials, childOf, childrenOf, type Node, type WhatsAppLibrary } from './library.ts';
import { NoiseServer } from './noise.ts';
import { Phone, type Shown } from './phone.ts';

const SERVER = 's.whatsapp.net';
export const BOT = '15550001111';
const BOT_JID = `${BOT}:7@${SERVER}`;
const BOT_LID = `9${BOT}:7@lid`;

export interface WhatsAppSaid {
  from: Phone;
  text?: string;
  /** A message of WAProto, instead of a text. */
  message?: object;
  group?: string;
  id?: string;
  /** It waited while the bot was away. */
  offline?: boolean;
  /** The sender is named by the hidden id alone, or with the number beside it. */
  hidden?: 'alone' | 'with-number';
  agoMs?: number;
}

interface Line {
  web: WebSocket;
  socket: Socket;
  noise: NoiseServer;
  dead: boolean;
  loggedIn: boolean;
}

export class FakeWhatsApp {
  readonly phones = new Map<string, Phone>();
  readonly groups = new Map<string, { subject: string; members: Phone[] }>();
  /** Stanzas of the bot, in order. */
  readonly received: Node[] = [];
  /** Stanzas that wait for the bot, as what it did not confirm does. */
  readonly waiting: Node[] = [];
  connects = 0;
  /** A login is refused with this code: `<failure reason>`. */
  refuseLogins: number | null = null;
  /** Messages are not acknowledged; `after`: although they arrived. */
  acks: 'at-once' | 'never' | 'lost' = 'at-once';
  /** The next messages are refused with these codes. */
  readonly refusals: string[] = [];
  /** Nobody is greeted. */
  silent = false;
  /** Hosts of the media servers, for uploads. */
  mediaHosts: string[] = [];
  readonly #library: WhatsAppLibrary;
  readonly #server = createServer();
  readonly #web = new WebSocketServer({ server: this.#server });
  readonly #lines = new Set<Line>();
  readonly #sockets = new Set<Socket>();
  #refs = 0;
  #count = 0;
  #pairing: { identity: Uint8Array } | null = null;

  constructor(library: WhatsAppLibrary) {
    this.#library = library;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#web.on('connection', (web, request) => this.#greet(web, request.socket));
  }

  static async start(library: WhatsAppLibrary, port = 0): Promise<FakeWhatsApp> {
    const fake = new FakeWhatsApp(library);
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws/chat`;
  }

  /** Open sockets, dead or not. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Lines on which the bot is logged in. */
  get online(): number {
    return [...this.#lines].filter(({ loggedIn, dead }) => loggedIn && !dead).length;
  }

  person(number: string): Phone {
    const phone = this.phones.get(number) ?? new Phone(this.#library, number);
    this.phones.set(number, phone);
    return phone;
  }

  /** What a phone shows of the bot in its chat with him, or in a group. */
  shown(phone: Phone, group?: string): Shown[] {
    return (phone.chats.get(group ?? phone.number) ?? []).filter(({ deleted }) => !deleted);
  }

  /** A person writes; not encrypted, which the client takes too. @returns the id of the message */
  say(said: WhatsAppSaid): string {
    const { message = { conversation: said.text ?? '' } } = said;
    const content = this.#library.proto.Message.encode(message).finish();
    return this.#deliver(said, { tag: 'plaintext', attrs: {}, content });
  }

  /** The same, encrypted for the bot. */
  async sayEncrypted(said: WhatsAppSaid, bot: Credentials): Promise<string> {
    const { message = { conversation: said.text ?? '' } } = said;
    const { type, ciphertext } = await said.from.encrypt(bot, BOT_JID, message);
    return this.#deliver(said, { tag: 'enc', attrs: { v: '2', type }, content: ciphertext });
  }

  /** What was sent comes again, to the present line. */
  redeliver(): void {
    for (const stanza of this.waiting) this.#write(stanza);
  }

  /** The owner scans this code with the phone. */
  scan(qr: string): void {
    const { Curve, proto } = this.#library;
    if (!this.#pairing) throw new Error('nobody wants to log in');
    const secret = Buffer.from(qr.split('#')[1]?.split(',')[3] ?? '', 'base64');
    const account = Curve.generateKeyPair();
    const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: 1, keyIndex: 1 }).finish();
    const signed = Buffer.concat([Buffer.from([6, 0]), details, this.#pairing.identity]);
    const identity = proto.ADVSignedDeviceIdentity.encode({
      details,
      accountSignatureKey: account.public,
      accountSignature: Curve.sign(account.private, signed),
    }).finish();
    const hmac = createHmac('sha256', secret).update(identity).digest();
    const content = proto.ADVSignedDeviceIdentityHMAC.encode({ details: identity, hmac }).finish();
    this.#write({
      tag: 'iq',
      attrs: { from: SERVER, type: 'set', id: `pair-${++this.#count}` },
      content: [
        {
          tag: 'pair-success',
          attrs: {},
          content: [
            { tag: 'device-identity', attrs: {}, content },
            { tag: 'platform', attrs: { name: 'android' } },
            { tag: 'device', attrs: { jid: BOT_JID, lid: BOT_LID } },
          ],
        },
      ],
    });
  }

  /** `<stream:error>`: 515, 503; or a conflict, `replaced` or `device_removed`. */
  streamError(what: string): void {
    const conflict = Number.isNaN(Number(what));
    this.#write({
      tag: 'stream:error',
      attrs: conflict ? {} : { code: what },
      content: conflict ? [{ tag: 'conflict', attrs: { type: what } }] : [],
    });
  }

  cut(): void {
    for (const { socket } of this.#lines) socket.resetAndDestroy();
  }

  /** Nothing passes any more on the present lines, and nobody is told. */
  blackHole(): void {
    for (const line of this.#lines) {
      line.dead = true;
      line.socket.pause();
    }
  }

  thaw(): void {
    for (const { socket } of this.#lines) socket.resume();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      for (const socket of this.#sockets) socket.destroy();
      this.#web.close();
      this.#server.close(() => resolve());
    });
  }

  #greet(web: WebSocket, socket: Socket): void {
    this.connects++;
    const noise = new NoiseServer(this.#library, (data) => web.send(data));
    const line: Line = { web, socket, noise, dead: false, loggedIn: false };
    this.#lines.add(line);
    web.on('error', () => undefined); // followed by close
    web.on('close', () => this.#lines.delete(line));
    let chain = Promise.resolve();
    web.on('message', (data: Buffer) => {
      if (this.silent) return;
      chain = chain.then(async () => {
        for (const read of await noise.read(data)) {
          if ('login' in read) this.#login(line, read.login);
          else await this.#stanza(line, read.node);
        }
      });
      chain.catch(() => web.terminate());
    });
  }

  #login(line: Line, payload: Uint8Array): void {
    const { devicePairingData } = this.#library.proto.ClientPayload.decode(payload);
    if (this.refuseLogins !== null && !devicePairingData) {
      line.noise.write({ tag: 'failure', attrs: { reason: String(this.refuseLogins) } });
      return;
    }
    if (devicePairingData) {
      this.#pairing = { identity: devicePairingData.eIdent };
      const refs = Array.from({ length: 6 }, () => ({
        tag: 'ref',
        attrs: {},
        content: Buffer.from(`ref-${++this.#refs}`),
      }));
      const content = [{ tag: 'pair-device', attrs: {}, content: refs }];
      line.noise.write({
        tag: 'iq',
        attrs: { from: SERVER, type: 'set', id: `refs-${++this.#count}` },
        content,
      });
      return;
    }
    line.loggedIn = true;
    line.noise.write({ tag: 'success', attrs: { t: seconds(), lid: BOT_LID } });
  }

  async #stanza(line: Line, node: Node): Promise<void> {
    this.received.push(node);
    if (node.tag === 'iq') return this.#query(line, node);
    if (node.tag === 'message') return this.#message(line, node);
    const { id } = node.attrs;
    if (node.tag === 'receipt' || node.tag === 'ack') {
      const index = this.waiting.findIndex(({ attrs }) => attrs.id === id);
      if (index >= 0 && node.attrs.type !== 'retry') this.waiting.splice(index, 1);
    }
    if (node.tag === 'receipt')
      line.noise.write({ tag: 'ack', attrs: { class: 'receipt', id: id ?? '', from: SERVER } });
  }

  #query(line: Line, node: Node): void {
    const { id = '', xmlns = '', type } = node.attrs;
    if (type === 'result' || type === 'error') {
      // The new device has confirmed; it is told to connect again.
      if (id.startsWith('pair-')) this.streamError('515');
      return;
    }
    const answer = (content: Node[]): void => {
      line.noise.write({ tag: 'iq', attrs: { from: SERVER, type: 'result', id }, content });
    };
    if (xmlns === 'passive') {
      answer([]);
      const waiting = this.waiting.map((stanza) => ({ ...stanza, attrs: { ...stanza.attrs, offline: '1' } }));
      for (const stanza of waiting) line.noise.write(stanza);
      const offline = { tag: 'offline', attrs: { count: String(waiting.length) } };
      line.noise.write({ tag: 'ib', attrs: { from: SERVER }, content: [offline] });
      return;
    }
    answer(this.#answerTo(xmlns, node));
  }

  #answerTo(xmlns: string, node: Node): Node[] {
    switch (xmlns) {
      case 'encrypt':
        return this.#keys(node);
      case 'usync':
        return this.#devices(node);
      case 'w:g2':
        return this.#group(node);
      case 'w:m': {
        const hosts = this.mediaHosts.map((hostname) => ({ tag: 'host', attrs: { hostname } }));
        return [{ tag: 'media_conn', attrs: { auth: 'auth', ttl: '3600' }, content: hosts }];
      }
      case 'privacy': {
        const content = [{ tag: 'category', attrs: { name: 'readreceipts', value: 'all' } }];
        return [{ tag: 'privacy', attrs: {}, content }];
      }
      default:
        return [];
    }
  }

  #keys(node: Node): Node[] {
    if (childOf(node, 'count')) return [{ tag: 'count', attrs: { value: '100' } }];
    if (childOf(node, 'digest')) return [{ tag: 'digest', attrs: {} }];
    const users = childrenOf(childOf(node, 'key'), 'user').flatMap(({ attrs: { jid = '' } }) => {
      const phone = this.#phoneOf(jid);
      return phone ? [phone.bundle(jid)] : [];
    });
    return [{ tag: 'list', attrs: {}, content: users }];
  }

  #devices(node: Node): Node[] {
    const users = childrenOf(childOf(childOf(node, 'usync'), 'list'), 'user').map(
      ({ attrs: { jid = '' } }) => {
        const phone = this.#phoneOf(jid);
        const devices = phone ? [{ tag: 'device', attrs: { id: '0' } }] : [];
        return {
          tag: 'user',
          attrs: { jid },
          content: [
            { tag: 'devices', attrs: {}, content: [{ tag: 'device-list', attrs: {}, content: devices }] },
            ...(phone && !jid.endsWith('@lid') ? [{ tag: 'lid', attrs: { val: phone.lid } }] : []),
          ],
        };
      },
    );
    return [{ tag: 'usync', attrs: {}, content: [{ tag: 'list', attrs: {}, content: users }] }];
  }

  #group(node: Node): Node[] {
    const id = node.attrs.to ?? '';
    const group = this.groups.get(id);
    if (!group) return [];
    const members = group.members.map(({ jid }) => ({ tag: 'participant', attrs: { jid } }));
    const attrs = { id, subject: group.subject, s_t: '1', creation: '1', addressing_mode: 'pn' };
    const bot = { tag: 'participant', attrs: { jid: `${BOT}@${SERVER}` } };
    return [{ tag: 'group', attrs, content: [...members, bot] }];
  }

  async #message(line: Line, node: Node): Promise<void> {
    const { id = '', to = '' } = node.attrs;
    const refusal = this.refusals.shift();
    if (this.acks !== 'lost' && refusal === undefined) {
      const group = this.groups.get(to);
      const phones = group ? group.members : [this.#phoneOf(to)];
      const from = group ? `${BOT}:7@${SERVER}` : BOT_JID;
      for (const phone of phones) await phone?.receive(node, from);
    }
    if (this.acks !== 'at-once') return;
    const error = refusal === undefined ? {} : { error: refusal };
    line.noise.write({ tag: 'ack', attrs: { class: 'message', id, from: to, t: seconds(), ...error } });
  }

  #phoneOf(jid: string): Phone | undefined {
    const user = jid.split(/[:@]/)[0] ?? '';
    return this.phones.get(jid.endsWith('@lid') ? user.slice(1) : user);
  }

  #deliver(said: WhatsAppSaid, content: Node): string {
    const { from, group, offline, hidden, agoMs = 0 } = said;
    const id = said.id ?? randomBytes(8).toString('hex').toUpperCase();
    const sender = hidden ? from.lid : from.jid;
    const number = hidden === 'with-number' ? { [group ? 'participant_pn' : 'sender_pn']: from.jid } : {};
    const stanza: Node = {
      tag: 'message',
      attrs: {
        id,
        type: 'text',
        t: seconds(agoMs),
        notify: `Person ${from.number}`,
        ...(group ? { from: group, participant: sender } : { from: sender }),
        ...number,
        ...(hidden ? { addressing_mode: 'lid' } : {}),
      },
      content: [content],
    };
    this.waiting.push(stanza);
    if (!offline) this.#write(stanza);
    return id;
  }

  #write(node: Node): void {
    for (const line of this.#lines) if (!line.dead) line.noise.write(node);
  }
}

function seconds(agoMs = 0): string {
  return String(Math.floor((Date.now() - agoMs) / 1000));
}
