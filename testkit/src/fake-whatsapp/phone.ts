/** A person's phone: reads what the bot sends, encrypted as WhatsApp has it, and encrypts what the person writes. */
import type { Credentials, Node, Repository, WhatsAppLibrary } from './library.ts';
import { childOf, childrenOf, silentLogger } from './library.ts';

/** Content of a message as the phone shows it. */
export interface Shown {
  id: string;
  /** Every text it had, the present one last. */
  versions: string[];
  text: string;
  quoted: string | null;
  /** After how many seconds it disappears; 0: never. */
  expiration: number;
  file: { kind: string; name: string; caption: string } | null;
  deleted: boolean;
  /** How often this id came. */
  times: number;
}

export class Phone {
  readonly number: string;
  readonly jid: string;
  readonly lid: string;
  /** By chat: the person's own number, or a group. */
  readonly chats = new Map<string, Shown[]>();
  /** Why messages could not be read. */
  readonly unread: unknown[] = [];
  readonly #library: WhatsAppLibrary;
  readonly #credentials: Credentials;
  readonly #repository: Repository;
  readonly #store = new Map<string, unknown>();
  #preKeys = 0;

  constructor(library: WhatsAppLibrary, number: string) {
    this.#library = library;
    this.number = number;
    this.jid = `${number}@s.whatsapp.net`;
    this.lid = `9${number}@lid`;
    this.#credentials = library.initAuthCreds();
    const keys = library.addTransactionCapability(
      {
        get: (type: string, ids: string[]) =>
          Object.fromEntries(
            ids.flatMap((id) =>
              this.#store.has(`${type} ${id}`) ? [[id, this.#store.get(`${type} ${id}`)]] : [],
            ),
          ),
        set: (changes: Record<string, Record<string, unknown>>) => {
          for (const [type, values] of Object.entries(changes)) {
            for (const [id, value] of Object.entries(values)) this.#store.set(`${type} ${id}`, value);
          }
        },
      },
      silentLogger,
      { maxCommitRetries: 1, delayBetweenTriesMs: 1 },
    );
    this.#repository = library.DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
      { creds: this.#credentials, keys },
      silentLogger,
      async () => undefined,
    );
  }

  /** What WhatsApp gives out to those who want to write to this phone. */
  bundle(jid: string): Node {
    const { registrationId, signedIdentityKey, signedPreKey } = this.#credentials;
    const preKey = this.#library.Curve.generateKeyPair(); // each is good for one session
    this.#store.set(`pre-key ${++this.#preKeys}`, preKey);
    const key = (tag: string, id: number, value: Uint8Array, signature?: Uint8Array): Node => ({
      tag,
      attrs: {},
      content: [
        { tag: 'id', attrs: {}, content: number(id, 3) },
        { tag: 'value', attrs: {}, content: value },
        ...(signature ? [{ tag: 'signature', attrs: {}, content: signature }] : []),
      ],
    });
    return {
      tag: 'user',
      attrs: { jid },
      content: [
        { tag: 'registration', attrs: {}, content: number(registrationId, 4) },
        { tag: 'type', attrs: {}, content: Buffer.from([5]) },
        { tag: 'identity', attrs: {}, content: signedIdentityKey.public },
        key('skey', signedPreKey.keyId, signedPreKey.keyPair.public, signedPreKey.signature),
        key('key', this.#preKeys, preKey.public),
      ],
    };
  }

  /** The sessions are gone, as on a phone that was set up anew: what is sealed for them cannot be read. */
  forgetSessions(): void {
    for (const key of this.#store.keys()) if (key.startsWith('session ')) this.#store.delete(key);
  }

  /** @param from the bot; @returns whether it could be read */
  async receive(stanza: Node, from: string): Promise<boolean> {
    try {
      await this.#receive(stanza, from);
      return true;
    } catch (error) {
      this.unread.push(error);
      return false;
    }
  }

  async #receive(stanza: Node, from: string): Promise<void> {
    const { to = '', id = '' } = stanza.attrs;
    const group = to.endsWith('@g.us');
    const mine = childrenOf(childOf(stanza, 'participants'), 'to').find(({ attrs }) =>
      this.#isMe(attrs.jid ?? ''),
    );
    const direct = childOf(mine, 'enc') ?? (group ? undefined : childOf(stanza, 'enc'));
    let content: Record<string, never> | null = null;
    if (direct) {
      content = await this.#open(direct, from);
      const key = content?.senderKeyDistributionMessage;
      if (key) await this.#repository.processSenderKeyDistributionMessage({ authorJid: from, item: key });
    }
    const shared = group ? childOf(stanza, 'enc') : undefined;
    if (shared) {
      const msg = shared.content as Uint8Array;
      content = this.#decode(await this.#repository.decryptGroupMessage({ group: to, authorJid: from, msg }));
    }
    if (content) this.#show(group ? to : this.number, id, content);
  }

  /** Encrypts for the bot, whose keys are public. */
  async encrypt(
    bot: Credentials,
    botJid: string,
    message: object,
  ): Promise<{ type: string; ciphertext: Uint8Array }> {
    const session = {
      registrationId: bot.registrationId,
      identityKey: prefixed(bot.signedIdentityKey.public),
      signedPreKey: {
        keyId: bot.signedPreKey.keyId,
        publicKey: prefixed(bot.signedPreKey.keyPair.public),
        signature: bot.signedPreKey.signature,
      },
    };
    await this.#repository.injectE2ESession({ jid: botJid, session });
    const data = Buffer.concat([this.#library.proto.Message.encode(message).finish(), Buffer.from([1])]);
    return this.#repository.encryptMessage({ jid: botJid, data });
  }

  #isMe(jid: string): boolean {
    const user = jid.split(/[:@]/)[0];
    return user === this.number || user === this.lid.split('@')[0];
  }

  async #open({ attrs, content }: Node, from: string) {
    const ciphertext = content as Uint8Array;
    const type = attrs.type ?? '';
    return this.#decode(await this.#repository.decryptMessage({ jid: from, type, ciphertext }));
  }

  /** The last byte says how many bytes of padding there are. */
  #decode(data: Uint8Array) {
    return this.#library.proto.Message.decode(data.subarray(0, data.length - (data.at(-1) ?? 0)));
  }

  // biome-ignore lint/suspicious/noExplicitAny: a message of protobufjs, without types
  #show(chat: string, id: string, sealed: any): void {
    const content = sealed.deviceSentMessage?.message ?? sealed; // to another device of the same account
    const shown = this.chats.get(chat) ?? [];
    this.chats.set(chat, shown);
    const { protocolMessage } = content;
    // A phone changes what its writer changes: of anybody else's it takes no edit.
    const ofItsWriter = protocolMessage?.key?.fromMe === true;
    const changed = ofItsWriter && shown.find((one) => one.id === protocolMessage.key?.id);
    if (changed && protocolMessage.editedMessage) {
      changed.text = textOf(protocolMessage.editedMessage);
      changed.versions.push(changed.text);
      return;
    }
    if (changed) {
      changed.deleted = true;
      return;
    }
    if (protocolMessage) return;
    const again = shown.find((one) => one.id === id);
    if (again) {
      again.times++;
      return;
    }
    const media = content.imageMessage ?? content.documentMessage ?? content.audioMessage;
    if (!media && textOf(content) === '') return; // a key for a group alone
    shown.push({
      id,
      text: textOf(content),
      versions: [textOf(content)],
      quoted: content.extendedTextMessage?.contextInfo?.stanzaId ?? null,
      expiration: Number((media ?? content.extendedTextMessage)?.contextInfo?.expiration ?? 0),
      file: media
        ? {
            kind: content.imageMessage ? 'image' : content.audioMessage?.ptt ? 'voice' : 'document',
            name: media.fileName ?? '',
            caption: media.caption ?? '',
          }
        : null,
      deleted: false,
      times: 1,
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a message of protobufjs, without types
function textOf(content: any): string {
  return content.extendedTextMessage?.text ?? content.conversation ?? '';
}

function number(value: number, bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  data.writeUIntBE(value, 0, bytes);
  return data;
}

/** Signal's mark of a Curve25519 key. */
export function prefixed(key: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([5]), key]);
}
