/** Channel keys of Telegram: `telegram:dm:42`, `telegram:dm:42:topic:7`, `telegram:group:-100123`, `telegram:group:-100123:topic:7`. */
import type { ChannelKey } from '../channel.ts';

export interface Place {
  chat_id: number;
  message_thread_id?: number;
}

/** A private chat can have topics, too, where the bot has them switched on. */
export function directKey(chat: number, topic?: number): ChannelKey {
  return withTopic(`telegram:dm:${chat}`, topic);
}

export function groupKey(chat: number, topic?: number): ChannelKey {
  return withTopic(`telegram:group:${chat}`, topic);
}

function withTopic(chat: ChannelKey, topic: number | undefined): ChannelKey {
  return topic === undefined ? chat : `${chat}:topic:${topic}`;
}

export function isDirect(key: ChannelKey): boolean {
  return key.startsWith('telegram:dm:');
}

/** @throws RangeError for what is not a key of Telegram */
export function placeOf(key: ChannelKey): Place {
  const match = /^telegram:(?:dm|group):(-?\d+)(?::topic:(\d+))?$/.exec(key);
  if (!match) throw new RangeError(`"${key}" is not a chat of Telegram; write for example telegram:dm:12345`);
  return {
    chat_id: Number(match[1]),
    ...(match[2] === undefined ? {} : { message_thread_id: Number(match[2]) }),
  };
}
