/** What is taken back while it is gathered is let go at once: nothing goes on looking for the rest of it. */
import { systemClock } from '@mobyclaw/lib/clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, openTelegramWorld } from '../testing/telegram-world.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

test.each([
  ['an album', { photo: PNG, album: 'a1', text: 'look' }],
  ['a text that an app has cut', { text: 'x'.repeat(4096) }],
])('%s at /stop', async (_what, said) => {
  let asked = 0;
  const clock = {
    ...systemClock,
    now: () => {
      asked++;
      return Date.now();
    },
  };
  const world = await openTelegramWorld({ clock });
  world.telegram.say({ chat: ALICE.id, from: ALICE, ...said });
  await until('it to have arrived', () => world.telegram.calls('sendChatAction').length > 0);
  const before = asked;
  world.say('/stop');
  await world.reply((text) => text === 'Stopped: 1 waiting message cancelled.');
  expect(asked - before).toBeLessThan(2000); // a loop that asks the time without a pause asks it a million times a second
  world.say('after');
  await world.reply((text) => text === 'You said: after');
  expect(world.gateway.agent?.stats().runs).toHaveLength(1);
});
