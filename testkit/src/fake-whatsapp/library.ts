/** What the fake WhatsApp takes from Baileys: the encodings of the protocol and the encryption, not its behaviour. */
export interface Node {
  tag: string;
  attrs: Record<string, string>;
  content?: Node[] | Uint8Array | string | undefined;
}

export interface KeyPair {
  public: Uint8Array;
  private: Uint8Array;
}

interface Encoding {
  encode(value: object): { finish(): Uint8Array };
  // biome-ignore lint/suspicious/noExplicitAny: made by protobufjs, without types
  decode(data: Uint8Array): any;
}

export interface Credentials {
  registrationId: number;
  signedIdentityKey: KeyPair;
  signedPreKey: { keyPair: KeyPair; keyId: number; signature: Uint8Array };
  noiseKey: KeyPair;
  advSecretKey: string;
}

export interface Repository {
  decryptMessage(given: { jid: string; type: string; ciphertext: Uint8Array }): Promise<Uint8Array>;
  decryptGroupMessage(given: { group: string; authorJid: string; msg: Uint8Array }): Promise<Uint8Array>;
  processSenderKeyDistributionMessage(given: { authorJid: string; item: unknown }): Promise<void>;
  encryptMessage(given: { jid: string; data: Uint8Array }): Promise<{ type: string; ciphertext: Uint8Array }>;
  injectE2ESession(given: { jid: string; session: object }): Promise<void>;
}

export interface WhatsAppLibrary {
  Curve: {
    generateKeyPair(): KeyPair;
    sharedKey(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
    sign(privateKey: Uint8Array, data: Uint8Array): Uint8Array;
  };
  proto: {
    Message: Encoding;
    HandshakeMessage: Encoding;
    ClientPayload: Encoding;
    CertChain: Encoding & { NoiseCertificate: { Details: Encoding } };
    ADVDeviceIdentity: Encoding;
    ADVSignedDeviceIdentity: Encoding;
    ADVSignedDeviceIdentityHMAC: Encoding;
  };
  initAuthCreds(): Credentials;
  addTransactionCapability(store: unknown, logger: unknown, options: object): unknown;
  DEFAULT_CONNECTION_CONFIG: {
    makeSignalRepository(auth: unknown, logger: unknown, phoneToHidden: unknown): Repository;
  };
  encodeBinaryNode(node: Node): Buffer;
  decodeBinaryNode(data: Buffer): Promise<Node>;
}

const silence = (): void => undefined;

export const silentLogger = {
  level: 'silent',
  child: () => silentLogger,
  trace: silence,
  debug: silence,
  info: silence,
  warn: silence,
  error: silence,
};

export function childOf(node: Node | undefined, tag: string): Node | undefined {
  return Array.isArray(node?.content) ? node.content.find((one) => one.tag === tag) : undefined;
}

export function childrenOf(node: Node | undefined, tag: string): Node[] {
  return Array.isArray(node?.content) ? node.content.filter((one) => one.tag === tag) : [];
}
