/** What becomes of upkeep is told: what a hidden turn has cost although a kill cut it, and that a conversation is shorter. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { factSentence, isUpkeep, thoughtScript } from '@mobyclaw/testkit/remembering-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test, vi } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { rememberingWorld } from '../testing/remembering-world.ts';
import { openTelegramWorld } from '../testing/telegram-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

test('what a hidden turn has cost counts although a kill cut it', async () => {
  const gate = Promise.withResolvers<void>();
  const world = await rememberingWorld({
    before: ({ text }) =>
      isUpkeep(text)
        ? [{ do: 'tools', calls: [{ name: 'memory_list', act: () => gate.promise.then(() => 'none') }] }]
        : undefined,
  });
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  await world.moby.call('POST', '/api/sessions/api:default/command', { body: { text: '/compact' } });
  const calls = `SELECT data FROM events JOIN turns ON turns.seq = events.turn WHERE source = 'upkeep' AND type = 'usage'`;
  const [call] = await until('a call is on disk', () => {
    const found = world.rows(calls);
    return found.length > 0 && found;
  });
  // What a kill leaves: the files as they stand in the middle of it.
  const home = temporaryFolder();
  cpSync(join(world.moby.home, 'gateway'), join(home, 'gateway'), { recursive: true });
  gate.resolve();
  const after = await openHarness({ home });
  const upkeep = await until('it is accounted for', async () => {
    const { bySource } = (await after.call('GET', '/api/usage')).body;
    return bySource.find(({ name }: { name: string }) => name === 'upkeep');
  });
  const { inputTokens, outputTokens } = JSON.parse(String(call?.data));
  expect(upkeep).toMatchObject({ turns: 1, tokens: inputTokens + outputTokens });
});

test('a messenger is told once, below the next answer, that its conversation is shorter', async () => {
  const { say, reply, texts, gateway } = await openTelegramWorld({
    agent: {
      script: (prompt) => thoughtScript(prompt, async () => ({ text: 'nothing', isError: false })),
    },
  });
  const answers = (): string[] => texts().filter((text) => text.includes('taken note'));
  say('one');
  await until('an answer', () => answers().length === 1);
  say('/compact');
  await reply((text) => text.includes('conversation shorter'));
  const markers = async (): Promise<{ role: string }[]> =>
    (await gateway.call('GET', '/api/sessions/telegram:dm:42/messages')).body.items.filter(
      ({ role }: { role: string }) => role === 'marker',
    );
  await until('it is shorter', async () => (await markers()).length === 1);
  say('two');
  await until('an answer', () => answers().length === 2);
  say('three');
  await until('an answer', () => answers().length === 3);
  expect(answers().map((text) => text.includes('The conversation was made shorter'))).toEqual([
    false,
    true,
    false,
  ]);
});
