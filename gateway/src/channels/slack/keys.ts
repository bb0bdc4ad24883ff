/**
 * Channel keys of Slack: `slack:dm:D1`, `slack:channel:C1`, `slack:channel:C1:thread:1700000000.000100`. A message is known
 * by its `ts`. In direct messages a conversation may be in a thread too, though the session is one: there the id of a
 * person's message is `ts/thread`, so that the answer finds its place also after a restart.
 */
import type { ChannelKey } from '../channel.ts';

export interface Place {
  channel: string;
  thread: string | null;
  direct: boolean;
}

export function directKey(channel: string): ChannelKey {
  return `slack:dm:${channel}`;
}

export function threadKey(channel: string, thread: string): ChannelKey {
  return `slack:channel:${channel}:thread:${thread}`;
}

/** @throws RangeError for what is not a key of Slack */
export function placeOf(key: ChannelKey): Place {
  const match = /^slack:(?:(dm):([A-Z0-9]+)|channel:([A-Z0-9]+)(?::thread:(\d+\.\d+))?)$/.exec(key);
  if (!match)
    throw new RangeError(`"${key}" is not a place in Slack; write for example slack:channel:C012AB3CD`);
  return { channel: match[2] ?? match[3] ?? '', thread: match[4] ?? null, direct: match[1] === 'dm' };
}

export function messageIdOf(ts: string, thread: string | null): string {
  return thread === null ? ts : `${ts}/${thread}`;
}

export function readMessageId(id: string): { ts: string; thread: string | null } {
  const [ts = '', thread = null] = id.split('/');
  return { ts, thread };
}
