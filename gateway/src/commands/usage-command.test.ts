import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld } from '../testing/telegram-world.ts';

test('/usage: what was spent, how far the caps are used up, why he refuses; /usage lift lets him go on', async () => {
  const world = await openTelegramWorld({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: '140' } });
  world.say('hello');
  await world.reply((text) => text.startsWith('You said: hello'));
  await world.reply((text) => text.includes('what nobody asked for')); // the word to the owner
  world.say('again');
  await world.reply((text) => text.startsWith('You said: again'));
  world.say('refused');
  const refusal = await world.reply(
    (text) => text.includes('nothing runs until tomorrow') && !text.includes('Budget:'),
  );
  expect(refusal).toContain('/usage lift');

  world.say('/usage');
  const usage = await world.reply((text) => text.includes('Last 24 hours'));
  expect(usage).toContain('2 turns, 240 tokens in, 24 out, unknown');
  expect(usage).toContain('fake/fake-1 has no known price');
  expect(usage).toMatch(/Today:.* 264 of 140 tokens \(188 %\)/);
  expect(usage).toMatch(/This month:.* no cap/);
  expect(usage).toContain('⛔ 264 of the 140 tokens for today are spent, so nothing runs until tomorrow.');

  world.say('/usage lift');
  await world.reply((text) => text.includes('lifted for the rest of the day'));
  world.say('once more');
  await world.reply((text) => text.startsWith('You said: once more'));
});

test('guests learn nothing of what is spent: no /usage, no warning, and a refusal without figures', async () => {
  const world = await openTelegramWorld({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: '140' } });
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, {
    body: { mention: false },
  });
  const say = (from: typeof BOB, text: string): number => world.telegram.say({ chat: GROUP, from, text });
  world.say('/status');
  await world.reply((text) => text.includes('I am ready'));
  say(BOB, '/usage'); // no command of his, so the model is asked
  await world.reply((text) => text.includes('You said:'), GROUP);
  say(BOB, 'two');
  await world.reply((text) => text.includes('You said: two'), GROUP);
  say(BOB, 'three');
  await world.reply((text) => text.includes('the limit that my owner has set'), GROUP);
  say(ALICE, '/usage');
  await world.reply((text) => text.includes('in our direct messages only'), GROUP);
  expect(world.texts(GROUP).join('\n')).not.toMatch(/tokens for today|of the 140|budget/i);
  await until('word to the owner', () => world.texts().some((text) => text.includes('nothing runs')));
});
