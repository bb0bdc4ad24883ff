/** With which agent of soul.yaml a turn runs, by whose it is; and that none borrows the reach of another. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../testing/telegram-world.ts';

async function letIn(world: TelegramWorld): Promise<void> {
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'let me in' });
  await world.reply((text) => text.includes('code'), BOB.id);
  const { body } = await world.gateway.call('GET', '/api/pairings');
  await world.gateway.call('POST', `/api/pairings/${body.pending[0].code}/approve`, { body: {} });
}

test.each(['array', 'object'] as const)(
  'a guest’s turn runs with the agent that has no shell, the owner’s with root, in one chat too (%s)',
  async (generation) => {
    const world = await openTelegramWorld({
      agent: { generation, agents: ['root', 'guest', 'webhook'] },
    });
    await letIn(world);
    const said = async (from: typeof BOB, text: string, chat = GROUP): Promise<void> => {
      world.telegram.say({ chat, from, text });
      await world.reply((reply) => reply.includes(text), chat);
    };
    world.telegram.say({ chat: GROUP, from: ALICE, text: '/allow all' });
    await world.reply((text) => text.includes('I answer everything'), GROUP);
    await said(BOB, 'the password is plum');
    await said(BOB, 'and mine is pear');
    await said(ALICE, 'what did Bob say?');
    await said(BOB, 'and Alice?');
    await said(BOB, 'to me alone', BOB.id);
    const runs = world.gateway.agent?.stats().runs ?? [];
    expect(runs.map(({ agent }) => agent)).toEqual(['guest', 'guest', 'root', 'guest', 'guest']);
    expect(runs[0]?.session).toBe(runs[1]?.session);
    expect(runs[2]?.session).not.toBe(runs[1]?.session); // bound to its agent
    // And told what was said, and which of it is no word of the owner's.
    expect(runs[2]?.prompt).toContain(`> guest "Bob" (telegram:${BOB.id}): the password is plum`);
    expect(runs[2]?.prompt).toContain('> you, to a guest: You said:');
    expect(runs[3]?.prompt).toContain('> person: what did Bob say?\n> you: ');
  },
);

test('a guest’s conversation from before is not gone on with by the agent it was bound to', async () => {
  const world = await openTelegramWorld({ agent: { agents: ['root', 'guest'] } });
  const { agent } = world.gateway;
  await letIn(world);
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'tell me a secret' });
  await world.reply((text) => text.includes('a secret'), BOB.id);
  await world.gateway.close();
  const db = new DatabaseSync(join(world.gateway.home, 'gateway/gateway.db'));
  db.exec('UPDATE sessions SET agent = NULL'); // as an earlier version left it, bound to root
  db.close();
  await world.restart({ agentUrl: agent?.url ?? '' });
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'another one' });
  await world.reply((text) => text.includes('another one'), BOB.id);
  const [first, second] = agent?.stats().runs ?? [];
  expect(second?.session).not.toBe(first?.session);
  expect(second?.prompt).toContain(`> guest "Bob" (telegram:${BOB.id}): tell me a secret`);
});

test('without such an agent a guest’s turn is refused, and the owner’s goes on', async () => {
  const world = await openTelegramWorld({ agent: { agents: ['root'] } });
  await letIn(world);
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'hello' });
  await world.reply((text) => text.includes('no agent "guest"'), BOB.id);
  world.say('hello');
  await world.reply((text) => text.includes('You said: hello'));
  expect(world.gateway.agent?.stats().runs.map(({ agent }) => agent)).toEqual(['root']);
});
