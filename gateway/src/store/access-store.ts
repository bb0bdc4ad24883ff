/** SQL of who may talk to Moby: people, pairing codes, groups. */
import type { ChatNames } from './chat-names.ts';
import type { Database } from './database.ts';

export type Role = 'owner' | 'guest';

export interface PersonRow {
  platform: string;
  user: string;
  name: string;
  /** As approved; null for one who is known by the settings alone. */
  role: Role | null;
  /** Their direct messages. */
  channel: string;
  approvedAt: number | null;
  lastSeenAt: number;
}

export interface PairingRow {
  code: string;
  platform: string;
  user: string;
  name: string;
  channel: string;
  rejected: boolean;
  createdAt: number;
  expiresAt: number;
}

export interface GroupRow {
  channel: string;
  mention: boolean;
  allowedAt: number;
}

export interface ClosedGroupRow {
  channel: string;
  title: string;
  /** When somebody spoke to Moby there last. */
  askedAt: number;
}

export class AccessStore {
  readonly #db: Database;
  readonly #names: ChatNames;

  constructor(db: Database, names: ChatNames) {
    this.#db = db;
    this.#names = names;
  }

  person(platform: string, user: string): PersonRow | null {
    const row = this.#db.sql('SELECT * FROM people WHERE platform = ? AND user = ?').get(platform, user);
    return row ? toPerson(row) : null;
  }

  people(): PersonRow[] {
    return this.#db.sql('SELECT * FROM people ORDER BY platform, last_seen_at DESC').all().map(toPerson);
  }

  personOfChannel(channel: string): PersonRow | null {
    const row = this.#db.sql('SELECT * FROM people WHERE channel = ?').get(this.#names.current(channel));
    return row ? toPerson(row) : null;
  }

  /** Notes where a person writes from; what was approved stays as it is. */
  seen(person: Pick<PersonRow, 'platform' | 'user' | 'name' | 'channel'>, at: number): void {
    this.#db.changed('channels');
    this.#db
      .sql(
        `INSERT INTO people (platform, user, name, channel, last_seen_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (platform, user) DO UPDATE
         SET name = excluded.name, channel = excluded.channel, last_seen_at = excluded.last_seen_at`,
      )
      .run(person.platform, person.user, person.name, person.channel, at);
  }

  approve(pairing: PairingRow, role: Role, at: number): void {
    this.#db.changed('channels');
    this.seen(pairing, at);
    this.#db
      .sql('UPDATE people SET role = ?, approved_at = ? WHERE platform = ? AND user = ?')
      .run(role, at, pairing.platform, pairing.user);
  }

  /** @returns whether there was such a person */
  forgetPerson(platform: string, user: string): boolean {
    this.#db.changed('channels');
    return this.#db.sql('DELETE FROM people WHERE platform = ? AND user = ?').run(platform, user).changes > 0;
  }

  insertPairing(pairing: PairingRow): void {
    this.#db.changed('channels');
    this.#db
      .sql(
        `INSERT INTO pairings (code, platform, user, name, channel, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        pairing.code,
        pairing.platform,
        pairing.user,
        pairing.name,
        pairing.channel,
        pairing.createdAt,
        pairing.expiresAt,
      );
  }

  /** Codes that have not run out; those of strangers that were turned away among them. */
  pairings(now: number): PairingRow[] {
    return this.#db
      .sql('SELECT * FROM pairings WHERE expires_at > ? ORDER BY created_at')
      .all(now)
      .map(toPairing);
  }

  deletePairing(code: string): void {
    this.#db.changed('channels');
    this.#db.sql('DELETE FROM pairings WHERE code = ?').run(code);
  }

  /** @param until when its stranger may ask anew */
  rejectPairing(code: string, until: number): void {
    this.#db.changed('channels');
    this.#db.sql('UPDATE pairings SET rejected = 1, expires_at = ? WHERE code = ?').run(until, code);
  }

  forgetPairingsBefore(now: number): void {
    this.#db.sql('DELETE FROM pairings WHERE expires_at <= ?').run(now);
  }

  group(channel: string): GroupRow | null {
    const row = this.#db
      .sql('SELECT * FROM allowed_groups WHERE channel = ?')
      .get(this.#names.current(channel));
    return row ? toGroup(row) : null;
  }

  groups(): GroupRow[] {
    return this.#db.sql('SELECT * FROM allowed_groups ORDER BY channel').all().map(toGroup);
  }

  allowGroup(group: string, mention: boolean, at: number): void {
    this.#db.changed('channels');
    const channel = this.#names.current(group);
    this.#db.sql('DELETE FROM closed_groups WHERE channel = ?').run(channel);
    this.#db
      .sql(
        `INSERT INTO allowed_groups (channel, mention, allowed_at) VALUES (?, ?, ?)
         ON CONFLICT (channel) DO UPDATE SET mention = excluded.mention`,
      )
      .run(channel, Number(mention), at);
  }

  /** @returns whether it was allowed */
  closeGroup(channel: string): boolean {
    this.#db.changed('channels');
    return (
      this.#db.sql('DELETE FROM allowed_groups WHERE channel = ?').run(this.#names.current(channel)).changes >
      0
    );
  }

  /** The group that a thread is in, where its key does not say so; null where that is not known. */
  parentOf(channel: string): string | null {
    const row = this.#db
      .sql('SELECT parent FROM threads WHERE channel = ?')
      .get(this.#names.current(channel));
    return row ? String(row.parent) : null;
  }

  noteThread(channel: string, parent: string): void {
    this.#db
      .sql(
        `INSERT INTO threads (channel, parent) VALUES (?, ?)
         ON CONFLICT (channel) DO UPDATE SET parent = excluded.parent WHERE parent <> excluded.parent`,
      )
      .run(channel, parent);
  }

  /** Newest first. */
  closedGroups(): ClosedGroupRow[] {
    return this.#db.sql('SELECT * FROM closed_groups ORDER BY asked_at DESC').all().map(toClosedGroup);
  }

  /** @param most how many are kept */
  noteClosedGroup({ channel, title, askedAt }: ClosedGroupRow, most: number): void {
    this.#db.changed('channels');
    this.#db
      .sql(
        `INSERT INTO closed_groups (channel, title, asked_at) VALUES (?, ?, ?)
         ON CONFLICT (channel) DO UPDATE SET title = excluded.title, asked_at = excluded.asked_at`,
      )
      .run(channel, title, askedAt);
    this.#db
      .sql(
        `DELETE FROM closed_groups WHERE channel NOT IN
           (SELECT channel FROM closed_groups ORDER BY asked_at DESC LIMIT ?)`,
      )
      .run(most);
  }
}

function toPerson(row: Record<string, unknown>): PersonRow {
  return {
    platform: String(row.platform),
    user: String(row.user),
    name: String(row.name),
    role: row.role as Role | null,
    channel: String(row.channel),
    approvedAt: row.approved_at as number | null,
    lastSeenAt: Number(row.last_seen_at),
  };
}

function toPairing(row: Record<string, unknown>): PairingRow {
  return {
    code: String(row.code),
    platform: String(row.platform),
    user: String(row.user),
    name: String(row.name),
    channel: String(row.channel),
    rejected: row.rejected === 1,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
  };
}

function toClosedGroup(row: Record<string, unknown>): ClosedGroupRow {
  return { channel: String(row.channel), title: String(row.title), askedAt: Number(row.asked_at) };
}

function toGroup(row: Record<string, unknown>): GroupRow {
  return { channel: String(row.channel), mention: row.mention === 1, allowedAt: Number(row.allowed_at) };
}
