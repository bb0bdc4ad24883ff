/**
 * The first message of a TLS connection, read as strictly as it is written (RFC 8446 §4.1.2 and §5.1, RFC 6066 §3, RFC 7301,
 * RFC 9849 for ECH). What is asked here is not what a client probably means but whether every reader finds the same name: so
 * anything that could be read in two ways is a fault, such as an extension or a name given twice. Libraries that read it for
 * fingerprints take the first of two, and no message that is spread over several records, which large ones are.
 */

export interface ClientHello {
  /** As sent, in lower case; null where it names none. */
  serverName: string | null;
  /** Protocols by ALPN, in the client's order; empty where it offers none. */
  protocols: readonly string[];
  /** A second name may be hidden in it, or noise that looks like one. */
  hasEncryptedHello: boolean;
}

export type HelloReading =
  | { state: 'more' }
  | { state: 'read'; hello: ClientHello }
  /** The end of a sentence that begins with "the TLS greeting". */
  | { state: 'fault'; fault: string };

const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const HEAD = 4; // of the message: its kind and its length
const MOST_RECORD = 16_384;
const MOST_HELLO = 16 * 1024; // several times what clients with post-quantum keys send
const MOST_RECORDS = 32; // it is read anew with each that comes

const SERVER_NAME = 0;
const ALPN = 16;
const ENCRYPTED_HELLO = 0xfe0d;
const ENCRYPTED_NAME = 0xffce; // ESNI, a draft before ECH

/** @param bytes from the first of the connection on; may be more than the message */
export function readClientHello(bytes: Buffer): HelloReading {
  const pieces: Buffer[] = [];
  let size = 0;
  for (let at = 0; ; ) {
    const whole = size < HEAD ? null : wholeLength(pieces);
    if (typeof whole === 'string') return fault(whole);
    if (whole !== null && size > whole) return fault('is followed by another message at once');
    if (whole !== null && size === whole) return read(Buffer.concat(pieces).subarray(HEAD));
    if (bytes.length > at && bytes[at] !== HANDSHAKE) return fault('is none');
    if (bytes.length < at + RECORD_HEAD) return { state: 'more' };
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3 || length === 0 || length > MOST_RECORD) return fault('is none');
    if (pieces.length === MOST_RECORDS) return fault('comes in too many pieces');
    const end = at + RECORD_HEAD + length;
    if (bytes.length < end) return { state: 'more' };
    pieces.push(bytes.subarray(at + RECORD_HEAD, end));
    size += length;
    at = end;
  }
}

/** @returns how long the message is with its head, or what is wrong with it */
function wholeLength(pieces: readonly Buffer[]): number | string {
  const head = Buffer.concat(pieces.slice(0, HEAD));
  if (head[0] !== CLIENT_HELLO) return 'begins with another message';
  const whole = HEAD + head.readUIntBE(1, 3);
  return whole > MOST_HELLO ? 'is too large' : whole;
}

function read(body: Buffer): HelloReading {
  const reader = new Reader(body);
  const version = reader.number(2);
  reader.take(32); // random
  reader.block(1); // session id
  const ciphers = reader.block(2);
  const compressions = reader.block(1);
  const extensions = reader.block(2);
  if (reader.isBroken || !reader.isAtEnd || version < 0x0301 || version > 0x0303)
    return fault('is not as it must be');
  if (ciphers.length % 2 !== 0 || compressions.length === 0) return fault('is not as it must be');
  return readExtensions(new Reader(extensions));
}

function readExtensions(reader: Reader): HelloReading {
  const seen = new Set<number>();
  const hello = { serverName: null as string | null, protocols: [] as string[], hasEncryptedHello: false };
  while (!reader.isAtEnd) {
    const kind = reader.number(2);
    const data = reader.block(2);
    if (reader.isBroken) return fault('is not as it must be');
    if (seen.has(kind)) return fault('says something twice');
    seen.add(kind);
    if (kind === SERVER_NAME) {
      const name = readServerName(data);
      if (name === null) return fault('names its host in a way that is not sure');
      hello.serverName = name;
    } else if (kind === ALPN) {
      const protocols = readProtocols(data);
      if (protocols === null) return fault('is not as it must be');
      hello.protocols = protocols;
    } else if (kind === ENCRYPTED_NAME) return fault('hides the name of its host');
    else if (kind === ENCRYPTED_HELLO) {
      if (data[0] !== 0) return fault('hides the name of its host'); // the inner form has no business outside
      hello.hasEncryptedHello = true;
    }
  }
  return { state: 'read', hello };
}

/** One name of the one type that there is. */
function readServerName(data: Buffer): string | null {
  const reader = new Reader(data);
  const list = new Reader(reader.block(2));
  const type = list.number(1);
  const name = list.block(2);
  if (reader.isBroken || list.isBroken || !reader.isAtEnd || !list.isAtEnd || type !== 0) return null;
  const text = name.toString('latin1');
  return /^[\x21-\x7e]+$/.test(text) ? text.toLowerCase() : null;
}

function readProtocols(data: Buffer): string[] | null {
  const reader = new Reader(data);
  const list = new Reader(reader.block(2));
  if (reader.isBroken || !reader.isAtEnd) return null;
  const protocols: string[] = [];
  while (!list.isAtEnd) {
    protocols.push(list.block(1).toString('latin1'));
    if (list.isBroken || protocols.at(-1) === '') return null;
  }
  return protocols;
}

/** Reads on where bytes are missing, as if there were none, and remembers that. */
class Reader {
  isBroken = false;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.isBroken || this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) this.isBroken = true;
    this.#at += taken.length;
    return taken;
  }

  number(bytes: 1 | 2): number {
    const taken = this.take(bytes);
    return taken.length < bytes ? 0 : taken.readUIntBE(0, bytes);
  }

  /** @param lengthBytes size of the number in front that says how long it is */
  block(lengthBytes: 1 | 2): Buffer {
    return this.take(this.number(lengthBytes));
  }
}

function fault(text: string): HelloReading {
  return { state: 'fault', fault: text };
}
