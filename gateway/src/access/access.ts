/**
 * Who may talk to Moby, and where he may write. Owners are named in the settings or were paired as such; guests were
 * paired, or speak in a group that an owner allowed. Everybody else is a stranger: in a direct message he gets a pairing
 * code, at most once an hour, and nothing that he wrote is kept or goes any further; in a group he is not heard at all.
 * What follows for turns and deliveries when somebody comes or goes is `access-decisions.ts`.
 */

import type { Clock } from '@mobyclaw/lib/clock';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { ChannelKey, IncomingMessage } from '../channels/channel.ts';
import type {
  AccessStore,
  ClosedGroupRow,
  GroupRow,
  PairingRow,
  PersonRow,
  Role,
} from '../store/access-store.ts';
import { baseChat } from './base-chat.ts';
import { Pairings } from './pairings.ts';

const SEEN_RESOLUTION_MS = 60_000; // spares a write for each message
const MOST_CLOSED_GROUPS = 20; // remembered, for the owner to find their keys

export type Verdict =
  | { kind: 'allowed'; role: Role }
  /** Not heard: a bot, or a message to somebody else. */
  | { kind: 'ignored' }
  | { kind: 'stranger' }
  /** Somebody speaks to Moby in a group that is not allowed. */
  | { kind: 'closed-group'; role: Role | null };

export interface AccessOptions {
  access: AccessStore;
  clock: Clock;
  /** Ids of the owners named in the settings. */
  owners: Record<Platform, readonly string[]>;
}

export type Asked = Pick<IncomingMessage, 'account' | 'channel' | 'parent' | 'kind' | 'sender' | 'addressed'>;

export class Access {
  readonly pairings: Pairings;
  readonly #access: AccessStore;
  readonly #clock: Clock;
  readonly #owners: AccessOptions['owners'];

  constructor({ access, clock, owners }: AccessOptions) {
    this.pairings = new Pairings(access, clock);
    this.#access = access;
    this.#clock = clock;
    this.#owners = owners;
  }

  /** Decides about a message; changes nothing. */
  judge(platform: Platform, { account, sender, channel, parent, kind, addressed }: Asked): Verdict {
    if (sender.bot) return { kind: 'ignored' };
    const role = this.roleOf(platform, sender.id);
    if (kind === 'direct') {
      if (role !== null) return { kind: 'allowed', role };
      // If Moby uses the owner's own account, then who writes there means the owner, so Moby does not answer.
      return { kind: this.roleOf(platform, account) === 'owner' ? 'ignored' : 'stranger' };
    }
    const group = this.#allowed(channel, parent);
    if (!group) return addressed ? { kind: 'closed-group', role } : { kind: 'ignored' };
    return group.mention && !addressed ? { kind: 'ignored' } : { kind: 'allowed', role: role ?? 'guest' };
  }

  /** Notes where somebody who may talk writes from. Within the caller's transaction. */
  noteSeen(platform: Platform, { sender, channel, parent, kind }: Asked): void {
    if (parent !== undefined) this.#access.noteThread(channel, parent);
    if (kind !== 'direct') return;
    const now = this.#clock.now();
    const before = this.#access.person(platform, sender.id);
    const chat = baseChat(channel); // whichever topic of it
    if (before && before.channel === chat && now - before.lastSeenAt < SEEN_RESOLUTION_MS) return;
    this.#access.seen({ platform, user: sender.id, name: sender.name, channel: chat }, now);
  }

  /** Remembers a closed group in which somebody spoke to Moby. Within the caller's transaction. */
  noteClosed({ channel, parent, title = '' }: Pick<IncomingMessage, 'channel' | 'parent' | 'title'>): void {
    const group = parent ?? this.groupOf(channel);
    const now = this.#clock.now();
    const before = this.#access.closedGroups().find((one) => one.channel === group);
    if (before && now - before.askedAt < SEEN_RESOLUTION_MS) return;
    this.#access.noteClosedGroup({ channel: group, title, askedAt: now }, MOST_CLOSED_GROUPS);
  }

  /** @returns null for a stranger */
  roleOf(platform: Platform, user: string): Role | null {
    if (this.isNamed(platform, user)) return 'owner';
    return this.#access.person(platform, user)?.role ?? null;
  }

  /** Whether the settings name this owner: then only they can take it back. */
  isNamed(platform: string, user: string): boolean {
    return this.#owners[platform as Platform]?.includes(user) ?? false;
  }

  /** Whether there is somebody on this platform who may let others in. */
  hasOwner(platform: string): boolean {
    if (this.#owners[platform as Platform].length > 0) return true;
    return this.people().some((person) => person.platform === platform && person.role === 'owner');
  }

  /** Whether something may be sent there: to people who may talk, and to allowed groups. */
  mayReceive(channel: ChannelKey): boolean {
    if (this.#allowed(channel)) return true;
    const person = this.#access.personOfChannel(baseChat(channel));
    return person !== null && this.roleOf(person.platform as Platform, person.user) !== null;
  }

  /**
   * The direct messages in which an owner wrote last, or null.
   * @param isOn which platforms are enabled: what is sent to another would wait for ever
   */
  lastOwnerChannel(isOn: (platform: string) => boolean): ChannelKey | null {
    const owners = this.people().filter(({ role, platform }) => role === 'owner' && isOn(platform));
    return owners.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)[0]?.channel ?? null;
  }

  /** Everybody who may talk and has, each with the role that counts. */
  people(): (PersonRow & { role: Role })[] {
    return this.#access.people().flatMap((person) => {
      const role = this.roleOf(person.platform as Platform, person.user);
      return role === null ? [] : [{ ...person, role }];
    });
  }

  groups(): GroupRow[] {
    return this.#access.groups();
  }

  /** Groups that are not allowed, in which somebody spoke to Moby; the newest first. */
  closedGroups(): ClosedGroupRow[] {
    return this.#access.closedGroups();
  }

  /** Strangers that wait to be let in. */
  pending(): PairingRow[] {
    return this.pairings.pending();
  }

  /** The group that a topic or thread is in. */
  groupOf(channel: ChannelKey): ChannelKey {
    return this.#access.parentOf(channel) ?? baseChat(channel);
  }

  #allowed(channel: ChannelKey, parent = this.groupOf(channel)): GroupRow | null {
    return this.#access.group(channel) ?? this.#access.group(parent);
  }
}
