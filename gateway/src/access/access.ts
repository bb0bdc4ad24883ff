/**
 * Who may talk to Moby, and where he may write. Owners are named in the settings or were paired as such; guests were
 * paired, or speak in a group that an owner allowed. Everybody else is a stranger: in a direct message he gets a pairing
 * code, at most once an hour, and nothing that he wrote is kept or goes any further; in a group he is not heard at all.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { ChannelKey, IncomingMessage, Platform } from '../channels/channel.ts';
import type { AccessStore, PairingRow, PersonRow, Role } from '../store/access-store.ts';
import type { Store } from '../store/store.ts';
import { newPairingCode, readPairingCode } from './pairing-code.ts';

const CODE_MS = 3_600_000;
const MOST_PENDING = 3; // of one platform
const SEEN_RESOLUTION_MS = 60_000; // spares a write for each message

export type Verdict =
  | { kind: 'allowed'; role: Role }
  /** Not heard: a bot, a group that is closed, a message to somebody else. */
  | { kind: 'ignored' }
  /** `answer` is what the stranger is told, in Markdown; null for nothing. */
  | { kind: 'stranger'; answer: string | null }
  /** An owner speaks to Moby in a group that is not allowed. */
  | { kind: 'closed-group' };

export interface AccessOptions {
  store: Store;
  clock: Clock;
  /** Ids of the owners named in the settings. */
  owners: Record<Platform, readonly string[]>;
}

export type Asked = Pick<IncomingMessage, 'channel' | 'kind' | 'sender' | 'addressed'>;

export class Access {
  readonly #store: Store;
  readonly #access: AccessStore;
  readonly #clock: Clock;
  readonly #owners: AccessOptions['owners'];

  constructor({ store, clock, owners }: AccessOptions) {
    this.#store = store;
    this.#access = store.access;
    this.#clock = clock;
    this.#owners = owners;
  }

  /** Decides about a message, and notes the pairing of a stranger. Within the caller's transaction. */
  judge(platform: Platform, message: Asked): Verdict {
    const { sender, channel, kind } = message;
    if (sender.bot) return { kind: 'ignored' };
    const role = this.roleOf(platform, sender.id);
    if (kind === 'group') return this.#judgeGroup(message, role);
    if (role === null) return { kind: 'stranger', answer: this.#pairingAnswer(platform, message) };
    this.#noteSeen(platform, sender.id, sender.name, channel);
    return { kind: 'allowed', role };
  }

  /** @returns null for a stranger */
  roleOf(platform: Platform, user: string): Role | null {
    if (this.#owners[platform].includes(user)) return 'owner';
    return this.#access.person(platform, user)?.role ?? null;
  }

  /** Whether something may be sent there: to people who may talk, and to allowed groups. */
  mayReceive(channel: ChannelKey): boolean {
    if (this.#groupOf(channel)) return true;
    const person = this.#access.personOfChannel(channel);
    return person !== null && this.roleOf(person.platform as Platform, person.user) !== null;
  }

  /** The direct messages in which an owner wrote last, or null. */
  lastOwnerChannel(): ChannelKey | null {
    const owners = this.people().filter(({ role }) => role === 'owner');
    return owners.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)[0]?.channel ?? null;
  }

  /** Everybody who may talk and has, each with the role that counts. */
  people(): (PersonRow & { role: Role })[] {
    return this.#access.people().flatMap((person) => {
      const role = this.roleOf(person.platform as Platform, person.user);
      return role === null ? [] : [{ ...person, role }];
    });
  }

  groups() {
    return this.#access.groups();
  }

  /** Strangers that wait to be let in. */
  pending(): PairingRow[] {
    return this.#access.pairings(this.#clock.now()).filter(({ rejected }) => !rejected);
  }

  /**
   * Lets the stranger with this code in.
   * @param role an owner where the platform has none yet, a guest otherwise, unless given
   * @returns null where no such code is pending
   */
  approve(code: string, role?: Role): (PairingRow & { role: Role }) | null {
    const pairing = this.#find(code);
    if (!pairing) return null;
    const hasOwner =
      this.#owners[pairing.platform as Platform].length > 0 ||
      this.people().some((person) => person.platform === pairing.platform && person.role === 'owner');
    const granted = role ?? (hasOwner ? 'guest' : 'owner');
    this.#store.transaction('durable', () => {
      this.#access.approve(pairing, granted, this.#clock.now());
      this.#access.deletePairing(pairing.code);
    });
    return { ...pairing, role: granted };
  }

  /**
   * Turns a pending stranger away, by code, or takes the permission of a person back, by `platform:user`.
   * @returns whether there was such a one
   */
  revoke(who: string): boolean {
    const pairing = this.#find(who);
    return this.#store.transaction('durable', () => {
      if (pairing) {
        this.#access.rejectPairing(pairing.code);
        return true;
      }
      const [platform = '', user = ''] = splitOnce(who);
      return this.#access.forgetPerson(platform, user);
    });
  }

  /** Opens a group, all its topics and threads among it. */
  allowGroup(channel: ChannelKey, mention: boolean): void {
    this.#store.transaction('durable', () =>
      this.#access.allowGroup(baseOf(channel), mention, this.#clock.now()),
    );
  }

  /** @returns whether it was open */
  closeGroup(channel: ChannelKey): boolean {
    return this.#store.transaction('durable', () => this.#access.closeGroup(baseOf(channel)));
  }

  /** A group goes on under another key: what was allowed stays allowed. Within the caller's transaction. */
  moved(from: ChannelKey, to: ChannelKey): void {
    const group = this.#access.group(from);
    if (!group) return;
    this.#access.allowGroup(to, group.mention, this.#clock.now());
    this.#access.closeGroup(from);
  }

  sweep(): void {
    this.#access.forgetPairingsBefore(this.#clock.now());
  }

  #judgeGroup({ channel, addressed }: Asked, role: Role | null): Verdict {
    const group = this.#groupOf(channel);
    if (!group) return addressed && role === 'owner' ? { kind: 'closed-group' } : { kind: 'ignored' };
    if (group.mention && !addressed) return { kind: 'ignored' };
    return { kind: 'allowed', role: role ?? 'guest' };
  }

  #groupOf(channel: ChannelKey) {
    return this.#access.group(channel) ?? this.#access.group(baseOf(channel));
  }

  #pairingAnswer(platform: Platform, { sender, channel }: Asked): string | null {
    const now = this.#clock.now();
    const known = this.#access.pairings(now).filter((pairing) => pairing.platform === platform);
    if (known.some(({ user }) => user === sender.id)) return null; // told within the hour
    if (known.filter(({ rejected }) => !rejected).length >= MOST_PENDING) return null;
    const code = newPairingCode();
    this.#access.insertPairing({
      code,
      platform,
      user: sender.id,
      name: sender.name.slice(0, 100),
      channel,
      rejected: false,
      createdAt: now,
      expiresAt: now + CODE_MS,
    });
    return [
      `Hello! I am Moby, and I only talk to people whom my owner let in. Your code is **${code}**, for one hour.`,
      `My owner enters it with \`mobyclaw channels approve ${code}\`, or sends me \`/approve ${code}\`.`,
      `Your id here is ${sender.id}. What you wrote was not kept; send it again once you are in.`,
    ].join('\n\n');
  }

  #find(code: string): PairingRow | null {
    const wanted = readPairingCode(code);
    return this.pending().find((pairing) => pairing.code === wanted) ?? null;
  }

  #noteSeen(platform: Platform, user: string, name: string, channel: ChannelKey): void {
    const now = this.#clock.now();
    const before = this.#access.person(platform, user);
    if (before && before.channel === channel && now - before.lastSeenAt < SEEN_RESOLUTION_MS) return;
    this.#access.seen({ platform, user, name: name.slice(0, 100), channel }, now);
  }
}

/** The group that a topic or thread is in. */
function baseOf(channel: ChannelKey): ChannelKey {
  return channel.replace(/:(topic|thread):.*$/, '');
}

function splitOnce(text: string): string[] {
  const at = text.indexOf(':');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
