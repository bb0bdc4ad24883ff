import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openSlackWorld } from '../../testing/slack-world.ts';
import { startSpeechServer } from '../../testing/speech-server.ts';

test('an answer is spoken as a recording that Slack plays, beside its text, also where the upload fails once', async () => {
  const speech = await startSpeechServer();
  const world = await openSlackWorld({ env: { ...speech.env, MOBYCLAW_VOICE: 'on' } });
  world.slack.faults.plan('files.completeUploadExternal', { how: 'drop', after: true });
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  const shared = () =>
    [...world.slack.workspace.files.values()].flatMap(({ name, shares }) => shares.map(() => name));
  await until('a recording', () => shared().length > 0, 20_000);
  await until('all to be sent', async () => {
    const { body } = await world.gateway.call('GET', '/api/channels');
    return body.items[0]?.waiting === 0;
  });
  expect(shared()).toEqual(['answer.ogg']);
});
