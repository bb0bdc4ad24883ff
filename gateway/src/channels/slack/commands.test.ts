import { expect, test } from 'vitest';
import { MALLORY, openSlackWorld } from '../../testing/slack-world.ts';

const SLASHED = /(^|[\s`"'(])\/[a-z]{3,}/;

test('what is said in Slack names no command that Slack would keep to itself', async () => {
  const world = await openSlackWorld();
  world.slack.say({ channel: 'D0MALLORY', user: MALLORY, text: 'hello' });
  await world.reply((text) => text.includes('!approve'), 'D0MALLORY');
  const answers = [
    ['!start', '!help'],
    ['!help', '!queue [followup'],
    ['!status', 'I am ready'],
    ['!model', 'learn my model'],
    ['!usage', 'Last 24 hours'],
    ['!queue', '!queue collect'],
    ['!queue fast', 'There is no queue mode'],
    ['!new', '!new clean'],
    ['!compact', 'nothing to make shorter'],
    ['!stop', 'nothing to stop'],
    ['!resend', 'has arrived'],
    ['!cron pause', '!cron pause ID'],
    ['!pairings', '!reject'],
    ['!approve', 'Which code? `!approve'],
    ['!approve ABCDEFGH', '!pairings'],
    ['!approve ABCDEFGH king', '!approve CODE owner'],
    ['!reject', 'Which code? `!reject'],
    ['!revoke', '!revoke telegram'],
    ['!revoke slack:U1', 'There is nobody'],
    ['!allow', 'Send `!allow`'],
  ] as const;
  for (const [command, answer] of answers) {
    world.say(command);
    await world.reply((text) => text.includes(answer));
  }
  const said = [...world.texts(), ...world.texts('D0MALLORY')];
  expect(said.length).toBeGreaterThan(answers.length);
  expect(said.filter((text) => SLASHED.test(text.replaceAll('~/.mobyclaw/', '')))).toEqual([]);
});
