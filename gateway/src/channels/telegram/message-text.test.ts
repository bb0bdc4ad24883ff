import type { Message } from 'telegraf/types';
import { expect, test } from 'vitest';
import { readText } from './message-text.ts';

const ME = { id: 1, username: 'Moby_Bot' };

/** @param marks type and the words that it covers */
function said(text: string, ...marks: [type: string, words: string, more?: object][]): Message {
  const entities = marks.map(([type, words, more]) => ({
    type,
    offset: text.indexOf(words),
    length: words.length,
    ...more,
  }));
  return { message_id: 1, date: 0, chat: { id: -1, type: 'group', title: 'G' }, text, entities } as Message;
}

test.each([
  [
    'a command to him',
    said('/weather@moby_bot Berlin', ['bot_command', '/weather@moby_bot']),
    '/weather Berlin',
    true,
  ],
  ['a command to nobody', said('/weather Berlin', ['bot_command', '/weather']), '/weather Berlin', false],
  [
    'a command to another bot',
    said('/weather@other_bot Berlin', ['bot_command', '/weather@other_bot']),
    '/weather@other_bot Berlin',
    false,
  ],
  ['his name', said('tell me, @moby_bot, more', ['mention', '@moby_bot']), 'tell me, , more', true],
  ['his name at the end', said('tell me @Moby_Bot', ['mention', '@Moby_Bot']), 'tell me', true],
  ['another name', said('ask @moby_bot2', ['mention', '@moby_bot2']), 'ask @moby_bot2', false],
  ['him without a name', said('you there', ['text_mention', 'you', { user: { id: 1 } }]), 'there', true],
  [
    'somebody without a name',
    said('you there', ['text_mention', 'you', { user: { id: 2 } }]),
    'you there',
    false,
  ],
  [
    'a link behind words',
    said('read it', ['text_link', 'it', { url: 'https://a.b/' }]),
    'read it (https://a.b/)',
    false,
  ],
  [
    'a link that is its words',
    said('https://a.b/', ['text_link', 'https://a.b/', { url: 'https://a.b/' }]),
    'https://a.b/',
    false,
  ],
])('%s', (_, message, text, mentioned) => {
  expect(readText(message, ME)).toEqual({ text, mentioned });
});

test('where nobody knows who he is, nothing is taken for his name', () => {
  const message = said('hi @moby_bot', ['mention', '@moby_bot']);
  expect(readText(message, null)).toEqual({ text: 'hi @moby_bot', mentioned: false });
});
