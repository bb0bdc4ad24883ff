/** Questions to the owner in WhatsApp, which shows no buttons: answered by a number, a word, or a reply. */
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { ASKING_AGENT } from '../../testing/asking-agent.ts';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import {
  BOB,
  GROUP,
  isUp,
  openWhatsAppWorld,
  statusOf,
  type WhatsAppWorld,
} from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();

describe.skipIf(library === null)('WhatsApp', () => {
  const open = () => openWhatsAppWorld(library as Baileys, { agent: ASKING_AGENT });
  const asked = (world: WhatsAppWorld, group?: string) =>
    until('the question', () =>
      world.whatsApp.shown(world.alice, group).find(({ text }) => text.includes('wants to use')),
    );
  const executed = (world: WhatsAppWorld) => world.gateway.agent?.stats().executions.length ?? 0;
  const runs = (world: WhatsAppWorld) => world.gateway.agent?.stats().runs.length ?? 0;

  function quoting(id: string, text: string): object {
    const contextInfo = {
      stanzaId: id,
      participant: '1@s.whatsapp.net',
      quotedMessage: { conversation: '…' },
    };
    return { extendedTextMessage: { text, contextInfo } };
  }

  test.each(['1', 'once', 'Yes!'])('%j allows it once; the message then shows that', async (word) => {
    const world = await open();
    world.say('run: ls -la notes');
    const question = await asked(world);
    expect(question.text).toContain('ls -la notes');
    expect(question.text).toMatch(/1\. Once\n2\. For this answer\n3\. No/);
    world.say(word);
    await world.reply((text) => text === 'I was told: ls -la notes was run');
    await until('the outcome', () => question.text.includes('Allowed once by Person'));
    expect(question.text).not.toContain('1. Once');
    expect([executed(world), runs(world)]).toEqual([1, 1]);
  });

  test('a reply with a reason refuses it, and the model is told why', async () => {
    const world = await open();
    world.say('run: rm -r notes');
    const { id } = await asked(world);
    world.whatsApp.say({ from: world.alice, message: quoting(id, 'no I need them') });
    expect(await world.reply((text) => text.startsWith('I was told:'))).toContain('I need them');
    expect([executed(world), runs(world)]).toEqual([0, 1]);
  });

  test('what says something else is a message that waits, and so is a number that is none of the list', async () => {
    const world = await open();
    world.say('run: date');
    await asked(world);
    world.say('7');
    world.say('yes, but not now');
    world.say('3');
    await world.reply((text) => text.startsWith('I was told:'));
    await world.reply((text) => text === 'You said: 7');
    await world.reply((text) => text === 'You said: yes, but not now');
    expect(executed(world)).toBe(0);
  });

  test('the words of a guest in a group are none', async () => {
    const world = await open();
    await world.gateway.call('POST', `/api/channels/whatsapp:group:${GROUP}/allow`, {
      body: { mention: false },
    });
    world.whatsApp.say({ from: world.alice, text: 'run: date', group: GROUP });
    await asked(world, GROUP);
    world.whatsApp.say({ from: world.whatsApp.person(BOB), text: 'yes', group: GROUP });
    world.whatsApp.say({ from: world.alice, text: 'no', group: GROUP });
    await world.reply((text) => text.startsWith('I was told:'), world.alice, GROUP);
    expect(executed(world)).toBe(0);
    await world.reply((text) => text === 'You said: yes', world.alice, GROUP);
  });

  test.each([
    ['hangs, and was not carried out', { how: 'hang' as const }],
    ['drops the line, although it was carried out', { how: 'drop' as const, after: true }],
  ])('a send that %s: the question arrives once and can be answered', async (_, fault) => {
    const world = await open();
    world.say('run: date');
    await until('the run', () => runs(world) > 0);
    world.whatsApp.faults.plan('send', fault);
    await asked(world);
    await until('it to be confirmed', async () => (await statusOf(world))?.waiting === 0, 20_000);
    await isUp(world);
    world.say('yes');
    await world.reply((text) => text === 'I was told: date was run');
    expect(world.texts().filter((text) => text.includes('wants to use'))).toHaveLength(1);
    expect(executed(world)).toBe(1);
  });

  test('a yes that comes before it is known that he can see the question is asked for once more', async () => {
    const world = await open();
    world.say('run: date');
    await until('the run', () => runs(world) > 0);
    world.whatsApp.faults.plan('send', { how: 'hang', after: true }, 3);
    await asked(world);
    world.say('yes');
    await world.reply((text) => text.includes('please answer it once more'));
    expect(executed(world)).toBe(0);
    await until('it to be confirmed', async () => (await statusOf(world))?.waiting === 0, 20_000);
    world.say('yes');
    await world.reply((text) => text === 'I was told: date was run');
    expect(runs(world)).toBe(1);
  });

  test('a question is there after a restart, and its words still count', async () => {
    const world = await open();
    world.say('run: date');
    await asked(world);
    await world.restart();
    await isUp(world);
    world.say('yes');
    await world.reply((text) => text === 'I was told: date was run');
    expect(world.texts().filter((text) => text.includes('wants to use'))).toHaveLength(1);
    expect(executed(world)).toBe(1);
  });
});
