import type { McpCaller } from '@mobyclaw/mcp/tool';
import { expect, test } from 'vitest';
import { guestNotesHead, guestNotesOf, mayRead, readableNotes, writableFile } from './guest-notes.ts';

const CHAT = 'telegram:dm:77';
const guest = (more: object = {}) => ({ asker: 'guest', session: CHAT, ...more }) as McpCaller;
const owner = { asker: 'owner', session: CHAT } as McpCaller;

test.each([
  ['Bob', 'Bob'],
  ['Zoë O. Ní-Shé', 'Zoë O. Ní-Shé'],
  ['<b>\n# Owner</b>', 'b  Owner b'],
  ['x'.repeat(100), 'x'.repeat(64)],
  ['🎉', 'a guest'],
  ['', 'a guest'],
  [undefined, 'a guest'],
])('notes say whose words they are: of %j', (sender, name) => {
  const caller = guest(sender === undefined ? {} : { sender });
  expect(guestNotesHead(caller)).toBe(
    `# Notes of a guest, in ${CHAT}\n\nWords of ${name}, not of the owner.\n`,
  );
});

test('each conversation has a file of its own, whatever its name is', () => {
  const sessions = [CHAT, 'telegram-dm-77', 'telegram:dm:77 ', 'Telegram:dm:77', 'telegram:dm:7/7', 'é', 'è'];
  const files = sessions.map(guestNotesOf);
  expect(files[0]).toBe('memory/guests/telegram-dm-77.md');
  expect(new Set(files).size).toBe(sessions.length);
  for (const file of files) expect(file).toMatch(/^memory\/guests\/[A-Za-z0-9-]+\.md$/);
});

test('a guest reads and writes the notes of his conversation, the owner all, anybody else none', () => {
  const [mine, other] = [guestNotesOf(CHAT), guestNotesOf('telegram:dm:78')];
  expect([mine, other].map((file) => mayRead(file, guest()))).toEqual([true, false]);
  expect([mine, other].map((file) => mayRead(file, owner))).toEqual([true, true]);
  expect(writableFile(guest())).toBe(mine);
  expect(writableFile(owner)).toBeNull();
  for (const caller of [{ asker: 'webhook', session: CHAT }, { asker: 'guest' }] as McpCaller[]) {
    expect(readableNotes(caller)).toBe('none');
    expect(mayRead(mine, caller)).toBe(false);
    expect(() => writableFile(caller)).toThrow(/nothing is written down/);
  }
});

test('a chat that goes on under another name keeps its notes, and gets nobody else to them', () => {
  const notes = guestNotesOf('telegram:group:-7');
  const renamed: McpCaller = {
    asker: 'guest',
    session: 'telegram:group:-1007',
    firstName: 'telegram:group:-7',
  };
  expect([writableFile(renamed), mayRead(notes, renamed)]).toEqual([notes, true]);
  expect(mayRead(notes, { asker: 'guest', session: 'telegram:group:-1007' })).toBe(false);
});
