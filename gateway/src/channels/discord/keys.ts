/**
 * Channel keys of Discord: `discord:dm:<user>` and `discord:channel:<id>`; threads are channels. Ids are snowflakes: the
 * time of their making stands in their upper bits. https://discord.com/developers/docs/reference#snowflakes
 */
import type { ChannelKey } from '../channel.ts';

const DISCORD_EPOCH_MS = 1_420_070_400_000;

export type Place = { user: string } | { channel: string };

export function directKey(user: string): ChannelKey {
  return `discord:dm:${user}`;
}

export function groupKey(channel: string): ChannelKey {
  return `discord:channel:${channel}`;
}

export function isDirect(key: ChannelKey): boolean {
  return key.startsWith('discord:dm:');
}

/** @throws RangeError for what is not a key of Discord */
export function placeOf(key: ChannelKey): Place {
  const [, kind, id] = /^discord:(dm|channel):(\d+)$/.exec(key) ?? [];
  if (kind === undefined || id === undefined) {
    throw new RangeError(
      `"${key}" is not a chat of Discord; write for example discord:dm:123456789012345678`,
    );
  }
  return kind === 'dm' ? { user: id } : { channel: id };
}

/** The first id of a millisecond. */
export function snowflakeAt(ms: number): bigint {
  return BigInt(Math.max(0, Math.trunc(ms) - DISCORD_EPOCH_MS)) << 22n;
}

/** What Discord takes as a nonce: up to 25 characters, where a UUID has 36. */
export function shortNonce(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}
