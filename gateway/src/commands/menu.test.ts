import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, openTelegramWorld } from '../testing/telegram-world.ts';
import { MENU } from './commands.ts';

test.each(MENU)('what the menu says of /$name is plain and short', ({ name, description }) => {
  expect(name).toMatch(/^[a-z]{1,32}$/);
  expect(description).toMatch(/^[^`*_~[\]<>\n]{3,100}$/);
});

test('the menu that Telegram shows is that one, and /help keeps its code', async () => {
  const world = await openTelegramWorld();
  const menu = await until('the menu', () =>
    world.telegram.commands().length > 0 ? world.telegram.commands() : null,
  );
  expect(menu).toEqual(MENU.map(({ name, description }) => ({ command: name, description })));
  world.say('/help');
  const help = await world.reply((text) => text.includes('lift lets me go on'));
  const [{ entities = [] } = {}] = world.telegram.replies(ALICE.id).filter(({ text }) => text === help);
  expect(entities).toContainEqual({ type: 'code', offset: help.indexOf('lift lets'), length: 'lift'.length });
});
