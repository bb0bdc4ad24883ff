/** The words of a message of Telegram, and what else of it can be said in words. */
import type { Message, MessageEntity } from 'telegraf/types';

export interface Me {
  id: number;
  username: string;
}

interface Said {
  text: string;
  entities: MessageEntity[];
}

/** Written by a person in words, and not made into words by us. */
export function isWritten(message: Message): boolean {
  return 'text' in message;
}

/** With the addresses that stand behind words: `here (https://…)`. */
export function plainTextOf(message: Message): string {
  return readText(message, null).text;
}

/** The text without what was said to Moby: `@moby_bot how are you`, `/new@moby_bot`. */
export function readText(message: Message, me: Me | null): { text: string; mentioned: boolean } {
  const { text, entities } = saidIn(message);
  const handle = me === null ? null : `@${me.username}`.toLowerCase();
  let mentioned = false;
  let rest = text;
  for (const entity of entities.toReversed()) {
    const { offset, length } = entity; // in UTF-16 units, as JavaScript counts
    const end = offset + length;
    const covered = text.slice(offset, end);
    if (entity.type === 'text_link' && entity.url !== covered) {
      rest = `${rest.slice(0, end)} (${entity.url})${rest.slice(end)}`;
    }
    if (me === null || handle === null) continue;
    if (entity.type === 'bot_command' && covered.toLowerCase().endsWith(handle)) {
      mentioned = true;
      rest = rest.slice(0, end - handle.length) + rest.slice(end);
    } else if (isMe(entity, covered, handle, me)) {
      mentioned = true;
      rest = rest.slice(0, offset) + rest.slice(end);
    }
  }
  return { text: mentioned ? rest.replace(/ {2,}/g, ' ').trim() : rest, mentioned };
}

function isMe(entity: MessageEntity, covered: string, handle: string, me: Me): boolean {
  if (entity.type === 'mention') return covered.toLowerCase() === handle;
  return entity.type === 'text_mention' && entity.user.id === me.id;
}

function saidIn(message: Message): Said {
  if ('text' in message) return { text: message.text, entities: message.entities ?? [] };
  if ('caption' in message && message.caption !== undefined) {
    return { text: message.caption, entities: message.caption_entities ?? [] };
  }
  return { text: inWords(message), entities: [] };
}

function inWords(message: Message): string {
  if ('venue' in message) {
    const { title, address, location } = message.venue;
    return `A place: ${title}, ${address} (${location.latitude}, ${location.longitude})`;
  }
  if ('location' in message) {
    const { latitude, longitude } = message.location;
    return `My location: ${latitude}, ${longitude}`;
  }
  if ('contact' in message) {
    const { first_name, last_name = '', phone_number } = message.contact;
    return `Contact: ${first_name} ${last_name} ${phone_number}`.replace(/ +/g, ' ');
  }
  if ('poll' in message) {
    const { question, options } = message.poll;
    return [`Poll: ${question}`, ...options.map(({ text }) => `- ${text}`)].join('\n');
  }
  if ('dice' in message) return `${message.dice.emoji} (it shows ${message.dice.value})`;
  if ('sticker' in message) return message.sticker.emoji ?? '(a sticker)';
  return '';
}
