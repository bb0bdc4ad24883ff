import { type APIMessage, MessageFlags, MessageType } from 'discord.js';
import { expect, test } from 'vitest';
import { type Surroundings, toEdit, toIncoming } from './inbound.ts';

const AROUND: Surroundings = {
  me: '1',
  direct: false,
  title: 'Harbour #general',
  myRole: '9',
  nameOfChannel: (id) => (id === '5' ? 'general' : undefined),
};
const user = (id: string, name: string) => ({
  id,
  username: name,
  global_name: name,
  discriminator: '0',
  avatar: null,
});

function message(given: Partial<APIMessage>): APIMessage {
  return {
    id: '100',
    channel_id: '5',
    author: user('2', 'Alice'),
    content: '',
    timestamp: '2026-01-01T00:00:00.000Z',
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
    type: MessageType.Default,
    ...given,
  };
}

test.each([
  ['<@1> hello', 'hello', true],
  ['<@!1> hello', 'hello', true],
  ['hello <@1>, you', 'hello, you', true],
  ['<@&9> hello', 'hello', true],
  ['ask <@3> about it', 'ask @Bob about it', false],
  ['see <#5> <a:wave:77>', 'see #general :wave:', false],
  ['hello @everyone', 'hello @everyone', false],
])('%j reads as %j; addressed: %s', (content, text, addressed) => {
  const mentions = [user('1', 'Moby'), user('3', 'Bob')].filter(({ id }) => content.includes(`${id}>`));
  const mention_roles = content.includes('<@&9>') ? ['9'] : [];
  expect(toIncoming(message({ content, mentions, mention_roles }), AROUND)).toMatchObject({
    text,
    addressed,
  });
});

test('a reply to Moby is for him, and says what it answers', () => {
  const referenced_message = message({ author: user('1', 'Moby'), content: 'earlier' });
  const given = message({ type: MessageType.Reply, content: 'and then?', referenced_message });
  expect(toIncoming(given, AROUND)).toMatchObject({
    addressed: true,
    replyTo: { fromMoby: true, sender: 'Moby', text: 'earlier' },
  });
});

test('our own messages, joins and pins are none; those of webhooks are of a bot', () => {
  expect(toIncoming(message({ author: user('1', 'Moby'), content: 'mine' }), AROUND)).toBeNull();
  expect(toIncoming(message({ type: MessageType.UserJoin, content: '' }), AROUND)).toBeNull();
  expect(toIncoming(message({ webhook_id: '8', content: 'hook' }), AROUND)?.sender.bot).toBe(true);
});

test('voice, pictures, music and documents are told apart; a bare file is a message', () => {
  const file = (id: string, content_type?: string) => ({
    id,
    filename: `file${id}`,
    size: 3,
    url: `https://cdn.example/${id}`,
    proxy_url: '',
    ...(content_type === undefined ? {} : { content_type }),
  });
  const attachments = [
    file('1', 'image/png'),
    file('2', 'audio/mpeg'),
    file('3', 'text/plain; charset=utf-8'),
    file('4'),
  ];
  const kinds = toIncoming(message({ attachments }), AROUND)?.files.map(({ kind, mime }) => [kind, mime]);
  expect(kinds).toEqual([
    ['image', 'image/png'],
    ['audio', 'audio/mpeg'],
    ['document', 'text/plain'],
    ['document', 'application/octet-stream'],
  ]);
  const voice = message({ attachments: [file('1', 'audio/ogg')], flags: MessageFlags.IsVoiceMessage });
  expect(toIncoming(voice, AROUND)?.files[0]?.kind).toBe('voice');
});

test('what was forwarded, asked in a poll or said by a sticker is read', () => {
  const forwarded = message({
    message_snapshots: [{ message: { ...message({ content: 'the news' }) } as never }],
  });
  expect(toIncoming(forwarded, AROUND)).toMatchObject({ text: 'the news', forwardedFrom: 'somebody' });
  expect(toIncoming(message({ content: 'mine' }), AROUND)).not.toHaveProperty('forwardedFrom');
  const sticker = message({ sticker_items: [{ id: '1', name: 'Wave', format_type: 1 }] });
  expect(toIncoming(sticker, AROUND)?.text).toBe('(sticker: Wave)');
});

test('a reply to a picture brings it along, under the id of its own message', () => {
  const picture = {
    id: '8',
    filename: 'x.png',
    size: 3,
    url: 'https://cdn.example/8',
    content_type: 'image/png',
  };
  const referenced_message = message({ id: '90', attachments: [{ ...picture, proxy_url: '' }] });
  const given = message({ type: MessageType.Reply, content: 'what is this?', referenced_message });
  const [file] = toIncoming(given, AROUND)?.replyTo?.files ?? [];
  expect(file).toMatchObject({ kind: 'image', name: 'x.png' });
  expect(JSON.parse(file?.ref ?? '')).toMatchObject({ message: '90', file: '8' });
});

test('of a picture there is a smaller rendition, in its proportions', () => {
  const picture = {
    id: '8',
    filename: 'x.heic',
    size: 9_000_000,
    url: 'https://cdn.example/8?ex=1',
    proxy_url: 'https://media.example/8?ex=1',
    content_type: 'image/heic',
    width: 4000,
    height: 3000,
  };
  const [file] = toIncoming(message({ attachments: [picture] }), AROUND)?.files ?? [];
  expect(JSON.parse(file?.smaller ?? '').shrunk).toEqual({
    url: 'https://media.example/8?ex=1',
    query: 'format=jpeg&width=1568&height=1176',
  });
});

test('a thread names the channel that it is in', () => {
  const around = { ...AROUND, parent: '5' };
  expect(toIncoming(message({ channel_id: '77', content: 'hi' }), around)).toMatchObject({
    channel: 'discord:channel:77',
    parent: 'discord:channel:5',
  });
});

test('only a changed text is an edit: previews and pins come as updates, too', () => {
  expect(toEdit(message({ content: 'same' }), AROUND)).toBeNull();
  const partial = { id: '100', channel_id: '5', embeds: [] } as unknown as APIMessage;
  expect(toEdit(partial, AROUND)).toBeNull();
  const edited = message({ content: 'new', edited_timestamp: '2026-01-01T00:01:00.000Z' });
  expect(toEdit(edited, AROUND)).toMatchObject({
    type: 'edit',
    text: 'new',
    sentAt: Date.UTC(2026, 0, 1, 0, 1),
  });
});
