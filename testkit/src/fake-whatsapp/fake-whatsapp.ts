/**
 * A WhatsApp for tests: a real WebSocket with the Noise handshake, login by QR and pairing code, stanzas, and people whose
 * phones decrypt what they are sent, and ask for it again where they cannot.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Faults } from './faults.ts';
import { type Credentials, childOf, type Node, type WhatsAppLibrary } from './library.ts';
import { NoiseServer } from './noise.ts';
import { Pairing } from './pairing.ts';
import { Phone, type Shown } from './phone.ts';
import { answerTo } from './queries.ts';

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
  /** All that people said, in order. */
  readonly said: Node[] = [];
  connects = 0;
  /** A login is refused with this code: `<failure reason>`. */
  refuseLogins: number | null = null;
  readonly faults = new Faults();
  /** Pairings that failed, as the code typed in was another one. */
  wrongCodes = 0;
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
  /** The owner has removed the device: what is said from then on is for the next one. */
  #removed = false;
  #pairing: Pairing;

  constructor(library: WhatsAppLibrary) {
    this.#library = library;
    this.#pairing = this.#newPairing();
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

  /** A phone could not read a message of the bot's in its direct chat, and asks for it. */
  askAgain(phone: Phone, id: string): void {
    const shown = phone.chats.get(phone.number) ?? [];
    phone.chats.set(
      phone.number,
      shown.filter((one) => one.id !== id),
    );
    this.#write(retryReceipt(id, { from: phone.jid }));
  }

  /** All that was said comes again, to the present line. */
  repeat(): void {
    for (const stanza of this.said) this.#write(stanza);
  }

  /** The owner scans this code with the phone. */
  scan(qr: string): void {
    this.#write(this.#pairing.scan(qr));
  }

  /** The owner types this code into the phone. */
  enterCode(code: string): void {
    this.#write(this.#pairing.enter(code));
  }

  /** The owner removes the device on the phone. What is said until it is linked anew does not reach it. */
  removeDevice(): void {
    this.streamError('device_removed');
    this.#removed = true;
    this.waiting.length = 0;
    this.#pairing = this.#newPairing();
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
    const refusal = this.#removed ? 401 : this.refuseLogins;
    if (refusal !== null && !devicePairingData) {
      line.noise.write({ tag: 'failure', attrs: { reason: String(refusal) } });
      return;
    }
    if (devicePairingData) {
      this.#pairing.begin(devicePairingData.eIdent);
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
      if (id.startsWith('pair-')) {
        this.#removed = false;
        this.streamError('515');
      }
      return;
    }
    const fault = this.faults.take(node);
    if (fault?.how === 'hang') return;
    if (fault?.how === 'drop') {
      line.socket.resetAndDestroy();
      return;
    }
    const answer = (content: Node[], as = 'result'): void => {
      line.noise.write({ tag: 'iq', attrs: { from: SERVER, type: as, id }, content });
    };
    if (fault) {
      answer([{ tag: 'error', attrs: { code: fault.error, text: 'refused' } }], 'error');
      return;
    }
    if (xmlns === 'passive') {
      answer([]);
      const waiting = this.waiting.map((stanza) => ({ ...stanza, attrs: { ...stanza.attrs, offline: '1' } }));
      for (const stanza of waiting) line.noise.write(stanza);
      const offline = { tag: 'offline', attrs: { count: String(waiting.length) } };
      line.noise.write({ tag: 'ib', attrs: { from: SERVER }, content: [offline] });
      return;
    }
    const { groups, mediaHosts } = this;
    const phoneOf = (jid: string): Phone | undefined => this.#phoneOf(jid);
    answer(answerTo(node, { phoneOf, groups, mediaHosts, bot: `${BOT}@${SERVER}` }));
    const stage = childOf(node, 'link_code_companion_reg')?.attrs.stage;
    if (stage === 'companion_hello') this.#pairing.hello(node);
    if (stage === 'companion_finish') this.#finishPairing(line, node);
  }

  async #message(line: Line, node: Node): Promise<void> {
    const { id = '', to = '' } = node.attrs;
    const fault = this.faults.take(node);
    const arrives = fault === null || (fault.how !== 'refuse' && fault.after === true);
    const unread = arrives ? await this.#showOnPhones(node) : [];
    if (fault?.how === 'hang') return;
    if (fault?.how === 'drop') {
      line.socket.resetAndDestroy();
      return;
    }
    const error = fault === null ? {} : { error: fault.error };
    line.noise.write({ tag: 'ack', attrs: { class: 'message', id, from: to, t: seconds(), ...error } });
    for (const phone of unread) {
      const from = this.groups.has(to) ? { from: to, participant: phone.jid } : { from: to };
      line.noise.write(retryReceipt(id, from));
    }
  }

  /** @returns the phones that could not read it */
  async #showOnPhones(node: Node): Promise<Phone[]> {
    const { to = '' } = node.attrs;
    const unread: Phone[] = [];
    for (const phone of this.groups.get(to)?.members ?? [this.#phoneOf(to)]) {
      if (phone && !(await phone.receive(node, BOT_JID))) unread.push(phone);
    }
    return unread;
  }

  #finishPairing(line: Line, node: Node): void {
    const success = this.#pairing.finish(node);
    if (success) line.noise.write(success);
    else this.wrongCodes++;
  }

  #newPairing(): Pairing {
    return new Pairing(this.#library, { jid: BOT_JID, lid: BOT_LID });
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
        ...(from.number === BOT ? { recipient: sender } : {}), // a note to oneself, seen by all devices of the account
        ...number,
        ...(hidden ? { addressing_mode: 'lid' } : {}),
      },
      content: [content],
    };
    if (this.#removed) return id;
    this.said.push(stanza);
    this.waiting.push(stanza);
    if (!offline) this.#write(stanza);
    return id;
  }

  #write(node: Node): void {
    for (const line of this.#lines) if (!line.dead) line.noise.write(node);
  }
}

function retryReceipt(id: string, from: { from: string; participant?: string }): Node {
  return {
    tag: 'receipt',
    attrs: { id, type: 'retry', t: seconds(), ...from },
    content: [{ tag: 'retry', attrs: { count: '1', id, t: seconds(), v: '1' } }],
  };
}

function seconds(agoMs = 0): string {
  return String(Math.floor((Date.now() - agoMs) / 1000));
}
