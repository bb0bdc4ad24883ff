/** The sign that Moby is at it: shown for as long as anybody wants it, in the chat's present place, and never after the end. */
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import type { Channel } from '../channels/channel.ts';
import { TurnTyping, TypingSigns } from './typing.ts';

const CHAT = 'telegram:dm:1';
const OTHER = 'telegram:dm:2';

function signs() {
  const clock = new ManualClock();
  const seen: string[] = [];
  const platforms: Record<string, number | null> = { telegram: 5000, slack: null };
  const state = { up: true };
  const channel = (platform: string): Channel | null => {
    const typingMs = platforms[platform];
    if (!state.up || typingMs === undefined) return null;
    const typing = async (chat: string): Promise<void> => void seen.push(chat);
    return { abilities: { typingMs }, typing } as unknown as Channel;
  };
  const moved = new Map<string, string>();
  const typing = new TypingSigns(channel, (chat) => moved.get(chat) ?? chat, clock);
  return { clock, seen, typing, moved, state };
}

test('it is shown at once and renewed before it goes out, until it is wanted no more', async () => {
  const { clock, seen, typing } = signs();
  const hide = typing.show(CHAT);
  expect(seen).toEqual([CHAT]);
  await clock.advance(3999);
  expect(seen).toHaveLength(1);
  await clock.advance(1);
  expect(seen).toHaveLength(2);
  hide();
  await clock.advance(60_000);
  expect(seen).toHaveLength(2);
});

test('two who want it are one sign, which ends with the later of them; ending twice counts once', async () => {
  const { clock, seen, typing } = signs();
  const [first, second] = [typing.show(CHAT), typing.show(CHAT)];
  expect(seen).toHaveLength(1);
  first();
  first();
  await clock.advance(4000);
  expect(seen).toHaveLength(2);
  second();
  await clock.advance(60_000);
  expect(seen).toHaveLength(2);
  typing.show(CHAT)();
  expect(seen).toHaveLength(3);
});

test('it comes up with the channel, goes where the chat has moved, and is not shown where there is none', async () => {
  const { clock, seen, typing, moved, state } = signs();
  state.up = false;
  typing.show(CHAT);
  typing.show('slack:dm:D1');
  expect(seen).toEqual([]);
  state.up = true;
  moved.set(CHAT, OTHER);
  await clock.advance(1000);
  expect(seen).toEqual([OTHER]);
});

test('after the close nothing is shown any more, neither what was wanted before nor what is now', async () => {
  const { clock, seen, typing } = signs();
  typing.show(CHAT);
  typing.close();
  typing.show(OTHER);
  await clock.advance(60_000);
  expect(seen).toEqual([CHAT]);
});
test('the sign of a turn goes while it waits for a person, comes back, and ends for good', () => {
  const signs: string[] = [];
  const typing = new TurnTyping(() => {
    signs.push('shown');
    return () => signs.push('hidden');
  });
  typing.waits(false);
  typing.waits(false);
  expect(signs).toEqual(['shown']);
  typing.waits(true);
  typing.waits(true);
  expect(signs).toEqual(['shown', 'hidden']);
  typing.waits(false);
  typing.end();
  typing.waits(false);
  expect(signs).toEqual(['shown', 'hidden', 'shown', 'hidden']);
});
