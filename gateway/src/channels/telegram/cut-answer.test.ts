/** An answer that the model's limit of tokens cut looks like a whole one in a chat, unless it says so. */

import { expect, test } from 'vitest';
import { ALICE, openTelegramWorld } from '../../testing/telegram-world.ts';

test('a cut answer ends with a line that says so, and a whole one does not', async () => {
  const world = await openTelegramWorld();
  world.say('the whole story, limit');
  await world.reply((text) => text.startsWith('You said: the whole story') && text.includes('✂️'));
  world.say('a short one');
  await world.reply((text) => text.startsWith('You said: a short one'));
  const replies = world.telegram.replies(ALICE.id).map(({ versions }) => versions.at(-1));
  expect(replies).toEqual([
    'You said: the whole story, limit\n\n✂️ The answer was cut at the longest that the model may give (max_tokens in soul.yaml). Say “go on” for the rest.',
    'You said: a short one',
  ]);
});
