import { expect, test } from 'vitest';
import { isAnsweredHere, nameOf, newConversationKey, platformName } from './conversation-name.ts';

test.each([
  ['its title', { title: 'Trip', opening: 'hello' }, 'Trip'],
  ['the first line that says something', { opening: '\n  \n Where to? \nNorth.' }, 'Where to?'],
  ['its key, where nothing is known of it', {}, 'telegram:dm:1'],
  ['its key, where its first message has no words', { opening: ' \n' }, 'telegram:dm:1'],
])('a conversation is called by %s', (_what, session, name) => {
  expect(nameOf('telegram:dm:1', session as Parameters<typeof nameOf>[1])).toBe(name);
});

test('one that was begun here has no key for a name, and no two have the same key', () => {
  const [one, other] = [newConversationKey(), newConversationKey()];
  expect(one).not.toBe(other);
  expect(one).toMatch(/^web:[a-z0-9]+-[a-z0-9]+$/);
  expect(nameOf(one)).not.toContain(':');
});

test('it is answered where it was asked', () => {
  expect(['web:main', 'cli:main', 'api:x'].map(isAnsweredHere)).toEqual([true, true, true]);
  expect(['telegram:dm:1', 'slack:dm:D1', 'cron:1', 'heartbeat:main'].map(isAnsweredHere)).not.toContain(
    true,
  );
  expect([platformName('telegram:dm:1'), platformName('unheard:of')]).toEqual(['Telegram', 'unheard']);
});
