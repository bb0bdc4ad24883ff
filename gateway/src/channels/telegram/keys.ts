/** Channel keys of Telegram: `telegram:dm:42`, `telegram:group:-100123`, `telegram:group:-100123:topic:7`. */
import type { ChannelKey } from '../channel.ts';

export interface Place {
  chat_id: number;
  message_thread_id?: number;
}

export function directKey(chat: number): ChannelKey {
  return `telegram:dm:${chat}`;
}

export function groupKey(chat: number, topic?: number): ChannelKey {
  return topic === undefined ? `telegram:group:${chat}` : `telegram:group:${chat}:topic:${topic}`;
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
